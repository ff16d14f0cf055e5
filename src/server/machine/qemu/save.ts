import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { MachineRecord } from "../machine.ts";
import { openMemoryFile } from "./memory-file.ts";
import { saveState } from "./migrate.ts";
import type { Qmp } from "./qmp.ts";
import { RamFilter, zeroMemory } from "./ram-filter.ts";

const DRAFT = ".new";
/** Whether a file is what saveTo() had written when it was cut off. */
export const isDraft = (name: string): boolean => name.endsWith(`.state${DRAFT}`);

/**
 * Writes the state of a paused machine to `file`: beside it first, synced and renamed. Memory that is a shared file is left out, since that file has it; of
 * memory that was mapped privately, only the pages that differ from the file are kept.
 */
export const saveTo = async (
  file: string,
  { ram_mb, memory }: Pick<MachineRecord, "ram_mb" | "memory">,
  qmp: Qmp,
  dir: string,
  signal: AbortSignal,
) => {
  const draft = `${file}${DRAFT}`;
  const target = () => createWriteStream(draft, { mode: 0o600, flush: true, highWaterMark: 4 * 1024 * 1024 });
  const size = ram_mb * 1024 * 1024;
  const base = memory?.private ? openMemoryFile(memory.file, size) : null;
  try {
    await saveState(qmp, dir, memory !== null && !memory.private, signal, (stream, until) =>
      memory && !memory.private
        ? pipeline(stream, target(), { signal: until })
        : pipeline(stream, new RamFilter(base ?? zeroMemory(size)), target(), { signal: until }),
    );
    await rename(draft, file);
  } finally {
    base?.close();
    await rm(draft, { force: true });
  }
};
