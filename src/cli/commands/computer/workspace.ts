import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import type { Cli } from "../../cli.ts";
import { beside } from "../../copy/beside.ts";
import { print } from "../../print.ts";
import { progressView } from "../../progress.ts";
import { startedComputer } from "../../started.ts";

const MIB = 1024 ** 2;
/** Megabytes between two reports, where how many there will be is not known. */
const STEP_MB = 64;

/** Passes bytes on in `work`, and shows how many. `total` is how many there will be, where that is known. */
const showing = async (cli: Cli, message: string, total: number | undefined, work: (pass: Transform) => Promise<void>): Promise<void> => {
  const view = cli.json() ? null : progressView(cli.stderr);
  let bytes = 0;
  const report = () => {
    const megabytes = Math.floor(bytes / MIB / STEP_MB) * STEP_MB;
    const soFar =
      total === undefined ? { message: `${message}, ${megabytes} MB` } : { message, percent: (100 * bytes) / Math.max(total, 1) };
    view?.report({ step: "workspace", ...soFar });
  };
  const pass = new Transform({
    transform: (chunk: Buffer, _, done) => {
      bytes += chunk.length;
      report();
      done(null, chunk);
    },
  });
  report();
  try {
    await work(pass);
    view?.end();
  } catch (error) {
    view?.end(false);
    throw error;
  } finally {
    pass.destroy();
  }
};

export const addWorkspace = (parent: Command, cli: Cli): void => {
  const workspace = parent.command("workspace").description("Take all of /home/ohm out as tar.gz, and bring it in");
  workspace
    .command("export <name>")
    .description("Write it to a file, as it is at one moment; a computer that does not run is started")
    .option("-o, --output <file>", "where; - is standard output, and NAME.tar.gz what it is without this")
    .action(async (name: string, { output }: { output?: string }) => {
      const computer = await startedComputer(cli, name);
      const path = output === "-" ? null : resolve(output ?? `${computer.name}.tar.gz`);
      await showing(cli, `exporting ${computer.name}`, undefined, async (pass) => {
        const archive = await computer.workspace.export({ signal: cli.signal });
        if (path === null) return pipeline(archive, pass, cli.stdout, { signal: cli.signal, end: false });
        await beside(path, (draft) => pipeline(archive, pass, createWriteStream(draft), { signal: cli.signal }));
      });
      if (path !== null) print(cli, { path }, path);
    });
  workspace
    .command("import <name> <file>")
    .description("Unpack a tar.gz over what is there; a computer that does not run is started")
    .option("--replace", "instead of what is there")
    .action(async (name: string, file: string, options: { replace?: boolean }) => {
      const { size } = await stat(file);
      const computer = await startedComputer(cli, name);
      await showing(cli, `importing into ${computer.name}`, size, async (pass) => {
        const sent = pipeline(createReadStream(file), pass, { signal: cli.signal });
        await Promise.all([sent, computer.workspace.import(pass, { ...options, signal: cli.signal })]);
      });
      print(cli, { computer: computer.name, file }, `imported ${file}`);
    });
};
