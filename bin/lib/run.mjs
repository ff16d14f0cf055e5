import { spawn } from "node:child_process";
import { delimiter, dirname } from "node:path";
import { SetupError, say } from "./npm.mjs";

/** Where ip and mke2fs are; an ordinary user's PATH may lack them. */
const SYSTEM_DIRS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];
const PASSED_ON = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

/**
 * Runs `node args` with our terminal to its end and resolves to {code, signal}. Signals sent to this process go on to the child, which
 * decides when to end. The Node in use comes first on the child's PATH, so that what it starts agrees with it.
 */
export const runNode = (node, args, { cwd, env = {} } = {}) =>
  new Promise((done, fail) => {
    const path = [dirname(node), process.env.PATH ?? "", ...SYSTEM_DIRS].join(delimiter);
    const child = spawn(node, args, { cwd, stdio: "inherit", env: { ...process.env, PATH: path, ...env } });
    const passOn = (signal) => child.kill(signal);
    for (const signal of PASSED_ON) process.on(signal, passOn);
    const release = () => {
      for (const signal of PASSED_ON) process.off(signal, passOn);
    };
    child.on("error", (e) => {
      release();
      fail(e);
    });
    child.on("exit", (code, signal) => {
      release();
      done({ code, signal });
    });
  });

/** Ends this process as the child ended: same exit code, or same signal. */
export const endAs = ({ code, signal }) => {
  if (signal) process.kill(process.pid, signal);
  else process.exitCode = code;
};

/** Runs a bin script's body; a SetupError becomes one line. */
export const main = async (body) => {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
};
