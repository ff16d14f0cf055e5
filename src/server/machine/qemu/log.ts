import { open } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessEnd } from "../../process/spawn.ts";

export const QEMU_LOG = "qemu.log";
const TAIL = 4096;

/** The last line QEMU wrote, without its name; empty when there is none. Reads a bounded tail. */
export const lastLogLine = async (dir: string): Promise<string> => {
  try {
    await using file = await open(join(dir, QEMU_LOG), "r");
    const { size } = await file.stat();
    const tail = Buffer.alloc(Math.min(size, TAIL));
    await file.read(tail, 0, tail.length, size - tail.length);
    const line = tail.toString("utf8").trimEnd().split("\n").at(-1)!;
    return line
      .replace(/^\S*qemu\S*: /, "")
      .trim()
      .slice(0, 500);
  } catch {
    return "";
  }
};

/** How QEMU ended, in words. */
export const endInWords = async (dir: string, end: ProcessEnd): Promise<string> => {
  const last = await lastLogLine(dir);
  return `QEMU ended with ${end.signal ?? `code ${end.code}`}${last && `: ${last}`}`;
};
