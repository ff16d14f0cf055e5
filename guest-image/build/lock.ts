import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Progress, ProgressEvent } from "../../src/server/progress.ts";

/**
 * One builder at a time, over processes: the lock is a socket in the kernel's abstract name space, so it goes with its process, however that ends,
 * and those who wait hear of it, and of the progress, on their connection.
 */
const address = (dir: string, name: string): string =>
  `\0vitrine-${createHash("sha256")
    .update(`${process.getuid?.()} ${realpathSync(dir)} ${name}`)
    .digest("hex")
    .slice(0, 32)}`;

const MAX_LINE = 4096;

interface Held {
  /** Tells those who wait. */
  report: Progress;
  release(): void;
}

const take = (path: string): Promise<Held | null> =>
  new Promise((resolve, reject) => {
    const waiting = new Set<Socket>();
    const server: Server = createServer((socket) => {
      waiting.add(socket.on("error", () => socket.destroy()).on("close", () => waiting.delete(socket)));
    });
    server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(null) : reject(error)));
    server.listen(path, () =>
      resolve({
        report: (event) => {
          for (const socket of waiting) if (socket.writableLength < MAX_LINE) socket.write(`${JSON.stringify(event)}\n`);
        },
        release: () => {
          server.close();
          for (const socket of waiting) socket.destroy();
        },
      }),
    );
    server.unref();
  });

const hear = (line: string, progress: Progress): void => {
  try {
    const { step, message, percent } = JSON.parse(line) as ProgressEvent;
    progress({ step: String(step), message: String(message), ...(typeof percent === "number" && { percent }) });
  } catch {
    // Not ours.
  }
};

/** Resolves when the holder is gone. */
const watch = (path: string, progress: Progress, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(path);
    const abort = () => socket.destroy();
    signal?.addEventListener("abort", abort, { once: true });
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      signal?.removeEventListener("abort", abort);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    });
    let pending = "";
    socket.on("data", (chunk: Buffer) => {
      const lines = (pending + chunk.toString("utf8")).split("\n");
      pending = lines.pop()!;
      for (const line of lines) hear(line, progress);
      if (pending.length > MAX_LINE) socket.destroy();
    });
  });

/**
 * Runs `work` while no other process or call holds `name` in `dir`. `work` gets a progress that those who wait see as well.
 * @throws what `work` throws, or the signal's reason.
 */
export const withLock = async <T>(
  dir: string,
  name: string,
  progress: Progress,
  signal: AbortSignal | undefined,
  work: (progress: Progress) => Promise<T>,
): Promise<T> => {
  const path = address(dir, name);
  for (let told = false; ; told = true) {
    signal?.throwIfAborted();
    const held = await take(path);
    if (held) {
      try {
        return await work((event) => {
          progress(event);
          held.report(event);
        });
      } finally {
        held.release();
      }
    }
    if (!told) progress({ step: "wait", message: "Another process is building this; waiting for it" });
    signal?.throwIfAborted();
    await watch(path, progress, signal);
  }
};

/** Runs `work` if nobody holds the lock; else does nothing. */
export const ifUnlocked = async (dir: string, name: string, work: () => Promise<void>): Promise<void> => {
  const held = await take(address(dir, name));
  try {
    if (held) await work();
  } finally {
    held?.release();
  }
};
