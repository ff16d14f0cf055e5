import { spawn } from "node:child_process";
import { StringDecoder } from "node:string_decoder";
import { plainEnv } from "./spawn.ts";

export interface RunOptions {
  signal?: AbortSignal;
  /** Milliseconds; default 10 minutes. Then the whole process group is ended. */
  timeoutMs?: number;
  /** Milliseconds between SIGTERM and SIGKILL; default 2 s. */
  graceMs?: number;
  input?: string | Buffer;
  /** The whole environment; default PATH and locale only. */
  env?: Record<string, string>;
  cwd?: string;
  /** Each line of stdout and stderr as it comes, without its end. */
  onLine?: (line: string, stream: "stdout" | "stderr") => void;
  /** Bytes kept of each stream, from its end; default 1 MiB. */
  maxOutput?: number;
  /** False: a non-zero exit code is an answer, not an error. */
  check?: boolean;
}

export interface RunResult {
  stdout: string;
  stderr: string;
  /** Null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The beginning of an output was dropped. */
  truncated: boolean;
}

/** A command that did not succeed: what it left, and why. */
export class RunError extends Error implements RunResult {
  override readonly name = "RunError";
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly truncated: boolean;
  readonly timedOut: boolean;

  constructor(message: string, result: RunResult, timedOut: boolean, options?: ErrorOptions) {
    super(message, options);
    this.stdout = result.stdout;
    this.stderr = result.stderr;
    this.code = result.code;
    this.signal = result.signal;
    this.truncated = result.truncated;
    this.timedOut = timedOut;
  }
}

const MAX_LINE = 64 * 1024;
/** How long output is waited for after the program's end, when something it left behind holds the pipe open. */
const DRAIN_MS = 1000;

/** Keeps the last `limit` bytes of what is pushed, and hands on lines. */
const collector = (limit: number, onLine?: (line: string) => void) => {
  let chunks: Buffer[] = [];
  let size = 0;
  let dropped = false;
  let line = "";
  const decoder = new StringDecoder("utf8");
  const compact = () => {
    const all = Buffer.concat(chunks);
    chunks = [Buffer.from(all.subarray(Math.max(0, all.length - limit)))];
    size = chunks[0]!.length;
  };
  return {
    push: (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > limit) dropped = true;
      if (size > 2 * limit) compact();
      if (!onLine) return;
      const parts = (line + decoder.write(chunk)).split(/\r?\n|\r/);
      line = parts.pop()!.slice(-MAX_LINE);
      for (const part of parts) onLine(part);
    },
    end: () => {
      if (onLine && line) onLine(line);
      compact();
      return chunks[0]!.toString("utf8");
    },
    truncated: () => dropped,
  };
};

const lastLine = (text: string): string => text.trimEnd().split("\n").at(-1)?.trim().slice(0, 500) ?? "";

/**
 * Runs a program to its end. Rejects with RunError when it cannot be started, fails (unless `check` is false) or takes too long, and with
 * the signal's reason when aborted; its process group is then ended.
 */
export const run = async (argv: readonly string[], options: RunOptions = {}): Promise<RunResult> => {
  const { signal, timeoutMs = 600_000, graceMs = 2000, maxOutput = 1024 * 1024, check = true, onLine } = options;
  signal?.throwIfAborted();
  const [program, ...args] = argv as [string, ...string[]];
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env ?? plainEnv(),
    detached: true,
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  const stdout = collector(maxOutput, onLine && ((line) => onLine(line, "stdout")));
  const stderr = collector(maxOutput, onLine && ((line) => onLine(line, "stderr")));
  child.stdout!.on("data", stdout.push).on("error", () => {});
  child.stderr!.on("data", stderr.push).on("error", () => {});
  // A program may end without reading its input.
  child.stdin?.on("error", () => {}).end(options.input);

  // The pid is ours for as long as the exit has not been seen.
  let running = child.pid !== undefined;
  const signalAll = (name: NodeJS.Signals) => running && process.kill(-child.pid!, name);
  let timedOut = false;
  let grace: NodeJS.Timeout | undefined;
  let drain: NodeJS.Timeout | undefined;
  const end = () => {
    signalAll("SIGTERM");
    grace ??= setTimeout(() => signalAll("SIGKILL"), graceMs);
  };
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, timeoutMs);
  signal?.addEventListener("abort", end, { once: true });
  child.once("exit", () => {
    running = false;
    drain = setTimeout(() => {
      child.stdout!.destroy();
      child.stderr!.destroy();
    }, DRAIN_MS);
  });
  try {
    const exit = await new Promise<{ code: number | null; signal: NodeJS.Signals | null; failure?: Error }>((resolve) => {
      child.once("close", (code, killedBy) => resolve({ code, signal: killedBy }));
      child.once("error", (failure) => resolve({ code: null, signal: null, failure }));
    });
    const result: RunResult = {
      code: exit.code,
      signal: exit.signal,
      stdout: stdout.end(),
      stderr: stderr.end(),
      truncated: stdout.truncated() || stderr.truncated(),
    };
    const fail = (what: string) => new RunError(`${program} ${what}`, result, timedOut, { cause: exit.failure });
    if (exit.failure) throw fail(`could not be started: ${exit.failure.message}`);
    if (timedOut) throw fail(`did not finish within ${timeoutMs / 1000} s`);
    signal?.throwIfAborted();
    if (check && exit.code !== 0) {
      const last = lastLine(result.stderr) || lastLine(result.stdout);
      throw fail(`failed with ${exit.signal ?? `code ${exit.code}`}${last && `: ${last}`}`);
    }
    return result;
  } finally {
    clearTimeout(timer);
    clearTimeout(grace);
    clearTimeout(drain);
    signal?.removeEventListener("abort", end);
  }
};
