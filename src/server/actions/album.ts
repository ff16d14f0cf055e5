import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MAX_ACTION_PICTURES } from "../../contract/events.ts";

/** Of a computer's directory, with which it is removed; no machine writes there, and no fork takes it along. */
const FOLDER = "pictures";

/** The pictures of each computer's actions, by ids that sort as they were made. */
export const createAlbum = (directory: (computerId: string) => string) => {
  const folderOf = (computerId: string): string => join(directory(computerId), FOLDER);
  const fileOf = (computerId: string, id: string): string => join(folderOf(computerId), `${id}.webp`);
  return {
    /** Keeps one, and removes the oldest beyond the most. Without a wait, so that the removal of the computer does not begin in between. */
    keep: (computerId: string, id: string, image: Buffer): void => {
      const folder = folderOf(computerId);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(fileOf(computerId, id), image, { mode: 0o600 });
      for (const name of readdirSync(folder).sort().slice(0, -MAX_ACTION_PICTURES)) rmSync(join(folder, name), { force: true });
    },
    /** Null when there is none, or none any more. */
    read: (computerId: string, id: string): Promise<Buffer | null> =>
      readFile(fileOf(computerId, id)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return null;
        throw error;
      }),
  };
};
export type Album = ReturnType<typeof createAlbum>;
