import { spawn } from "node:child_process";
import { basename } from "node:path";

/** Said on stderr, so that a command's own output stays clean. */
export const say = (line) => process.stderr.write(`vitrine: ${line}\n`);

/** Ends this program with one sentence and no stack. */
export class SetupError extends Error {}

/** The npm that started us, or the one on PATH; each with the Node it belongs to. */
const npmCommand = () => {
  const cli = process.env.npm_execpath;
  return cli && basename(cli) === "npm-cli.js" ? [process.execPath, cli] : ["npm"];
};

/** Runs npm to its end; its output goes to stderr. Rejects with SetupError. */
export const npm = (args, { cwd }) =>
  new Promise((done, fail) => {
    const [file, ...first] = npmCommand();
    const child = spawn(file, [...first, ...args], { cwd, stdio: ["ignore", 2, 2] });
    child.on("error", (e) => fail(new SetupError(`npm could not be run (${e.code ?? e.message}); install npm and try again`)));
    child.on("exit", (code, signal) =>
      code === 0
        ? done()
        : fail(new SetupError(`'npm ${args.join(" ")}' failed with ${signal ?? `exit code ${code}`}; npm's own words are above`)),
    );
  });
