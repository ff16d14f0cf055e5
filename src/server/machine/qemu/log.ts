import { closeSync, constants, lstatSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { constants as os } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../../process/run.ts";
import type { ProcessEnd } from "../../process/spawn.ts";

/**
 * A pipe and not a file, since what a guest has taken over writes as much as it likes. It is read for as long as the service is there, at no more than a pipe's capacity
 * in each pause; without a reader QEMU's words are lost, which does not stop it.
 */
const QEMU_LOG = "qemu.log";
const PAUSE_MS = 500;
const TAIL = 4096;
/** The last words are in the pipe when QEMU has ended. Milliseconds. */
const REST_MS = 500;

export interface QemuLog {
  /** The last line QEMU wrote, without its name; empty when there is none. To be asked for when QEMU has ended. */
  lastLine(): Promise<string>;
  close(): void;
}

const isPipe = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isFIFO() === true;

/** Reads what the QEMU in `dir` says, where it says it to a pipe. */
export const openLog = (dir: string): QemuLog => {
  const path = join(dir, QEMU_LOG);
  let tail = Buffer.alloc(0);
  if (!isPipe(path)) return { lastLine: async () => "", close: () => {} };
  const pipe = new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false });
  const ended = new Promise<void>((resolve) => pipe.once("close", () => resolve()));
  let ending = false;
  pipe
    .on("data", (chunk) => {
      tail = Buffer.concat([tail, chunk]).subarray(-TAIL);
      if (ending) return;
      pipe.pause();
      setTimeout(() => pipe.resume(), PAUSE_MS).unref();
    })
    .on("error", () => {})
    .unref();
  return {
    lastLine: async () => {
      ending = true;
      pipe.resume();
      await Promise.race([ended, sleep(REST_MS)]);
      const line = tail.toString("utf8").trimEnd().split("\n").at(-1)!;
      return line
        .replace(/^\S*qemu\S*: /, "")
        .trim()
        .slice(0, 500);
    },
    close: () => pipe.destroy(),
  };
};

/** Makes the pipe where there is none. Its end for QEMU is the caller's to close. */
export const makeLog = async (dir: string): Promise<{ log: QemuLog; end: number }> => {
  const path = join(dir, QEMU_LOG);
  if (!isPipe(path)) await run(["mkfifo", "-m", "600", path], { timeoutMs: 10_000 });
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const end = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    return { log: openLog(dir), end };
  } finally {
    closeSync(reader);
  }
};

/** A box around QEMU tells the signal that ended it by a code over this. */
const SIGNALLED = 128;
const signalName = (code: number): string | undefined => Object.entries(os.signals).find(([, number]) => number === code - SIGNALLED)?.[0];

/** How QEMU ended, in words. */
export const endInWords = async (log: QemuLog, { code, signal }: ProcessEnd): Promise<string> => {
  const last = await log.lastLine();
  return `QEMU ended with ${signal ?? signalName(code ?? 0) ?? `code ${code}`}${last && `: ${last}`}`;
};
