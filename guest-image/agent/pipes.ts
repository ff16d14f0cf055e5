import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, closeSync, constants, fchownSync, mkdirSync, openSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { isRoot, type User } from "./users.ts";

/** Both ends of a pipe as descriptors; the agent's end does not block. */
export interface Pipe {
  ours: number;
  theirs: number;
}

/** A program's stdin: /dev/null, a pipe of which the agent has the other end, or a text. */
export type Stdin = "none" | "pipe" | { text: string };

const { O_RDONLY, O_WRONLY, O_RDWR, O_NONBLOCK } = constants;
const BATCH = 24;
const LOW = 9;

/**
 * Pipes for the standard streams of programs. Node gives a child sockets, and a program cannot open /dev/stdout or /dev/stderr when they are sockets
 * (`echo oops > /dev/stderr` fails), so these are FIFOs that lose their name as soon as both ends are open. They are made ahead in batches, because
 * only mkfifo(1) makes one.
 */
export class PipePool {
  readonly #dir: string;
  readonly #ready: string[] = [];
  #filling: Promise<void> | null = null;

  constructor(dir: string) {
    this.#dir = dir;
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  }

  /**
   * Streams for a program. Text for stdin becomes a file without a name: a program may open /dev/stdin, and a FIFO whose writer is done would hold it
   * up.
   */
  async open(user: User, stdin: Stdin): Promise<{ stdout: Pipe; stderr: Pipe; stdin: Pipe | { theirs: number } | null }> {
    while (this.#ready.length < 3) await this.fill();
    // Taken together and at once: others wait for the same batch.
    const output = () => openPipe(this.#ready.pop()!, user, O_RDONLY | O_NONBLOCK, O_WRONLY);
    const input = () => {
      if (stdin === "none") return null;
      return stdin === "pipe" ? openPipe(this.#ready.pop()!, user, O_WRONLY | O_NONBLOCK, O_RDONLY) : this.#file(user, stdin);
    };
    const streams = { stdout: output(), stderr: output(), stdin: input() };
    if (this.#ready.length < LOW) this.fill().catch(() => {});
    return streams;
  }

  #file(user: User, { text }: { text: string }): { theirs: number } {
    const name = join(this.#dir, randomBytes(6).toString("hex"));
    writeFileSync(name, text, { mode: 0o600, flag: "wx" });
    try {
      if (isRoot) chownSync(name, user.uid, user.gid);
      return { theirs: openSync(name, O_RDONLY) };
    } finally {
      unlinkSync(name);
    }
  }

  /** Makes a batch of FIFOs ready. */
  fill(): Promise<void> {
    const names = Array.from({ length: BATCH }, () => join(this.#dir, randomBytes(6).toString("hex")));
    this.#filling ??= promisify(execFile)("mkfifo", ["-m", "600", ...names])
      .then(() => void this.#ready.push(...names))
      .finally(() => {
        this.#filling = null;
      });
    return this.#filling;
  }
}

const openPipe = (name: string, user: User, ourFlags: number, theirFlags: number): Pipe => {
  // Opened for both at first, since neither direction opens before the other.
  const both = openSync(name, O_RDWR | O_NONBLOCK);
  try {
    if (isRoot) fchownSync(both, user.uid, user.gid);
    return { ours: openSync(name, ourFlags), theirs: openSync(name, theirFlags) };
  } finally {
    closeSync(both);
    unlinkSync(name);
  }
};
