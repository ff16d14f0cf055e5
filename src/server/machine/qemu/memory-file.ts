import { closeSync, openSync, readSync } from "node:fs";
import type { BaseMemory } from "./ram-filter.ts";

const PAGE = 4096;
const WINDOW = 4 * 1024 * 1024;

/** A memory file as a base to compare with, read in large pieces. `close` lets go of it. */
export const openMemoryFile = (file: string, size: number): BaseMemory & { close(): void } => {
  const fd = openSync(file, "r");
  const window = Buffer.alloc(WINDOW);
  let start = -1;
  return {
    size,
    isAt: (offset, data, from) => {
      const within = offset % WINDOW;
      if (offset - within !== start) {
        start = offset - within;
        window.fill(0, readSync(fd, window, 0, WINDOW, start));
      }
      return data.compare(window, within, within + PAGE, from, from + PAGE) === 0;
    },
    close: () => closeSync(fd),
  };
};
