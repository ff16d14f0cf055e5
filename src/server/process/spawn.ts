import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Writable } from "node:stream";
import { identify, type ProcessIdentity } from "./identity.ts";

export interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A child that outlives this process. */
export interface Detached {
  identity: ProcessIdentity;
  /** Resolves when the process has ended. Never rejects. */
  ended: Promise<ProcessEnd>;
  /** Its standard input when that was asked for. It ends with this process. */
  stdin: Writable | null;
  /** Lets this process exit while the child runs on. */
  unref(): void;
}

export interface DetachedOptions {
  cwd: string;
  /** Takes stdout and stderr: a file, begun anew with mode 0600, or a descriptor, which stays the caller's. */
  log: string | number;
  /** `pipe`: it is fed by this process, and sees the end of its input when this process is gone. Default: nothing. */
  stdin?: "ignore" | "pipe";
  /** The whole environment; by default only what a tool needs, so that no secret of the service's is handed on. */
  env?: Record<string, string>;
}

/** Enough to find and run tools, with messages in English. */
export const plainEnv = (): Record<string, string> => ({
  PATH: process.env.PATH ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C.UTF-8",
});

/**
 * Starts a process in its own session and process group, tied to this one by nothing but the input it may ask for; output goes into `log`.
 * Rejects when the program cannot be started.
 */
export const spawnDetached = async (argv: readonly string[], options: DetachedOptions): Promise<Detached> => {
  const [program, ...args] = argv as [string, ...string[]];
  const log = typeof options.log === "number" ? options.log : openSync(options.log, "w", 0o600);
  try {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? plainEnv(),
      detached: true,
      stdio: [options.stdin ?? "ignore", log, log],
    });
    const ended = Promise.withResolvers<ProcessEnd>();
    child.once("exit", (code, signal) => ended.resolve({ code, signal }));
    if (child.pid === undefined) throw await new Promise<Error>((resolve) => child.once("error", resolve));
    child.on("error", () => {});
    // It may have ended already, but its pid stays its own until this tick is over and its exit is read.
    const identity = identify(child.pid, { zombies: true });
    if (!identity) throw new Error(`/proc does not show ${program}`);
    // What it does not read is told by its end.
    child.stdin?.on("error", () => {});
    return { identity, ended: ended.promise, stdin: child.stdin, unref: () => child.unref() };
  } finally {
    if (log !== options.log) closeSync(log);
  }
};
