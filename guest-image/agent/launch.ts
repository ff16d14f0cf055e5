import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import type { Writable } from "node:stream";
import { FRAME } from "../../src/contract/guest/frames.ts";
import type { ProcessSpec } from "../../src/contract/guest/protocol.ts";
import type { PipePool, Stdin } from "./pipes.ts";
import { commandLine, environment, startFolder } from "./spec.ts";
import { isRoot, userNamed } from "./users.ts";

export type OutputType = typeof FRAME.stdout | typeof FRAME.stderr;
export interface Ending {
  exit_code: number | null;
  signal: string | null;
}

/** A program that runs in a process group of its own. */
export interface Program {
  pid: number;
  /** Null when the program was started without a pipe. Write errors are swallowed: the program may close it. */
  stdin: Writable | null;
  /** The program itself is gone, though its output may still come. */
  readonly exited: boolean;
  /** Resolves when it has exited and its output has come. Never rejects. */
  ended: Promise<Ending>;
  /** Holds its output back, or lets it come again. */
  pause(): void;
  resume(): void;
  /** Sends a signal to the group; nothing when it is gone. */
  kill(signal: NodeJS.Signals): void;
}

export interface LaunchOptions {
  pipes: PipePool;
  env: Record<string, string>;
  stdin: Stdin;
  /** Gets chunks of at most 64 KiB, none after `ended`. */
  onOutput: (type: OutputType, chunk: Buffer) => void;
}

/** The program could not be executed; the message and the code are what a shell would say. */
export class StartError extends Error {
  readonly exitCode: 126 | 127;

  constructor(file: string, error: NodeJS.ErrnoException) {
    const why = { ENOENT: "command not found", EACCES: "Permission denied", E2BIG: "Argument list too long" }[error.code ?? ""];
    super(`${file}: ${why ?? error.message}`);
    this.exitCode = error.code === "ENOENT" ? 127 : 126;
  }
}

/** How long output may still come after the exit while a grandchild holds the pipes. */
const GRACE_MS = 200;

/** The agent is spared by the kernel's OOM killer (main.ts); what it starts is not. */
const unspare = (pid: number): void => {
  if (!isRoot) return;
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, "0");
  } catch {
    // Gone already.
  }
};

const signalGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-pid, signal);
  } catch {
    // Gone already.
  }
};

/** Starts a program for its user. Throws a Fault for an unknown user or folder, and a StartError. */
export const launch = async (spec: ProcessSpec, options: LaunchOptions): Promise<Program> => {
  const user = userNamed(spec.user);
  const cwd = startFolder(user, spec);
  const { file, args, ids } = commandLine(user, spec);
  const { stdout, stderr, stdin } = await options.pipes.open(user, options.stdin);
  const ours = { stdout: stdout.ours, stderr: stderr.ours, stdin: stdin && "ours" in stdin ? stdin.ours : null };
  const close = (...fds: (number | null | undefined)[]) => {
    for (const fd of fds) if (typeof fd === "number") closeSync(fd);
  };

  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const fail = (error: NodeJS.ErrnoException): Promise<never> => {
    failed.reject(new StartError(spec.argv?.[0] ?? "bash", error));
    return failed.promise;
  };
  let child: ChildProcess;
  try {
    child = spawn(file, args, {
      cwd,
      env: environment(user, options.env, spec),
      detached: true,
      stdio: [stdin?.theirs ?? "ignore", stdout.theirs, stderr.theirs],
      ...ids,
    });
  } catch (error) {
    close(...Object.values(ours));
    return fail(error as NodeJS.ErrnoException);
  } finally {
    close(stdout.theirs, stderr.theirs, stdin?.theirs);
  }
  child.on("error", fail);
  if (child.pid === undefined) {
    close(...Object.values(ours));
    return failed.promise;
  }
  unspare(child.pid);
  return follow(child, child.pid, ours, options.onOutput);
};

const follow = (
  child: ChildProcess,
  pid: number,
  fds: { stdout: number; stderr: number; stdin: number | null },
  onOutput: LaunchOptions["onOutput"],
): Program => {
  const read = (type: OutputType, fd: number): Socket => {
    const socket = new Socket({ fd, readable: true, writable: false });
    socket.on("data", (chunk: Buffer) => onOutput(type, chunk));
    socket.on("error", () => {});
    return socket;
  };
  const outputs = [read(FRAME.stdout, fds.stdout), read(FRAME.stderr, fds.stderr)];
  const stdin = fds.stdin === null ? null : new Socket({ fd: fds.stdin, readable: false, writable: true });
  stdin?.on("error", () => {});

  const ended = Promise.withResolvers<Ending>();
  let ending: Ending | null = null;
  let paused = false;
  let timer: NodeJS.Timeout | undefined;
  const finish = () => {
    clearTimeout(timer);
    stdin?.destroy();
    for (const socket of outputs) socket.destroy();
    if (ending) ended.resolve(ending);
  };
  // All that the program itself wrote is in the pipes by now. The time counts only while output is taken, and the turns through the event loop
  // read what became readable while the loop was held up.
  const grace = () => {
    timer = setTimeout(() => (paused ? grace() : setImmediate(() => setImmediate(finish))), GRACE_MS);
  };
  const settle = () => {
    if (ending && outputs.every((socket) => socket.closed)) finish();
  };
  for (const socket of outputs) socket.once("close", settle);
  child.once("exit", (exit_code, signal) => {
    ending = { exit_code, signal };
    grace();
    settle();
  });

  return {
    pid,
    stdin,
    get exited() {
      return ending !== null;
    },
    ended: ended.promise,
    pause: () => {
      paused = true;
      for (const socket of outputs) socket.pause();
    },
    resume: () => {
      paused = false;
      for (const socket of outputs) socket.resume();
    },
    kill: (signal) => signalGroup(pid, signal),
  };
};
