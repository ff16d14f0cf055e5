import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

export interface RunOptions {
  signal?: AbortSignal | undefined;
  env?: Record<string, string>;
  cwd?: string;
  /** Lines of stdout and stderr as they come; of stderr alone when `stdout` is given. */
  onLine?: (line: string) => void;
  stdin?: Readable;
  /** Streams that stdout runs through. */
  stdout?: [Writable, ...Writable[]];
}

/** Where mke2fs and its like are, which is not on the path of every user. */
const SYSTEM_DIRS = "/usr/local/sbin:/usr/sbin:/sbin";
const KILL_AFTER_MS = 5000;
const KEPT_LINES = 12;

/** A program failed: the message has the line that says why, `output` the last lines. */
export class RunError extends Error {
  readonly output: string[];

  constructor(command: string, how: string, output: string[]) {
    const why = output.find((line) => /^(E:|.*\berror\b|.*\bfatal\b)/i.test(line)) ?? output.at(-1);
    super(`${command} failed (${how})${why ? `: ${why.trim()}` : ""}`);
    this.output = output;
  }
}

/**
 * Runs a program in a process group of its own to its end. Throws a RunError when it fails.
 * On abort the group gets SIGTERM, and SIGKILL 5 seconds later; the call ends when it is gone.
 */
export const run = async (command: string, args: string[], options: RunOptions = {}): Promise<void> => {
  options.signal?.throwIfAborted();
  const child = spawn(command, args, {
    detached: true,
    cwd: options.cwd,
    env: { ...process.env, PATH: `${process.env.PATH ?? ""}:${SYSTEM_DIRS}`, ...options.env },
    stdio: [options.stdin ? "pipe" : "ignore", "pipe", "pipe"],
  });
  const exited = new Promise<string | null>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code === 0 ? null : signal ? `ended by ${signal}` : `exit code ${code}`));
  });
  const killGroup = (name: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // It is gone.
    }
  };
  let killer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    killGroup("SIGTERM");
    killer = setTimeout(() => killGroup("SIGKILL"), KILL_AFTER_MS);
  };
  options.signal?.addEventListener("abort", onAbort, { once: true });

  const last: string[] = [];
  const read = (stream: Readable) =>
    createInterface({ input: stream }).on("line", (line) => {
      if (line.trim() === "") return;
      if (last.push(line) > KEPT_LINES) last.shift();
      options.onLine?.(line);
    });
  read(child.stderr!);
  if (!options.stdout) read(child.stdout!);

  try {
    const flows = await Promise.allSettled([
      exited,
      options.stdin ? pipeline(options.stdin, child.stdin!) : null,
      options.stdout ? pipeline([child.stdout!, ...options.stdout]) : null,
    ]);
    options.signal?.throwIfAborted();
    // Of the two ends of a broken stream, the one that did not merely find it broken says why.
    const broken = flows.find((flow) => flow.status === "rejected")?.reason;
    if (broken && broken.code !== "EPIPE" && broken.code !== "ECONNRESET") throw broken;
    const failure = await exited;
    if (failure !== null) throw new RunError(command, failure, last);
    if (broken) throw broken;
  } finally {
    clearTimeout(killer);
    options.signal?.removeEventListener("abort", onAbort);
  }
};
