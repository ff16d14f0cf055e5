import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { posix } from "node:path";

/** Puts the names in the folders of these paths on the disk: what was answered for is there whatever becomes of the machine. A folder that is gone has nothing to keep. */
export const keepNames = async (...paths: string[]): Promise<void> => {
  for (const folder of new Set(paths.map((path) => posix.dirname(path)))) {
    const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY).catch(() => null);
    try {
      await handle?.sync();
    } finally {
      await handle?.close();
    }
  }
};
