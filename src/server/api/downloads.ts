import { join } from "node:path";
import { VitrineError } from "../../contract/errors.ts";
import type { Download } from "../../contract/exec.ts";
import { DOWNLOADS_DIR } from "../../contract/guest/protocol.ts";
import type { Guest } from "../guest/guest.ts";

/** Chromium's own ending for what is still under way. */
const UNFINISHED = ".crdownload";

/** What lies in the guest's download folder, newest first. A download's id is its file name, encoded. */
export const downloads = async (guest: Guest, signal: AbortSignal): Promise<Download[]> => {
  const files = await guest.list(DOWNLOADS_DIR, signal).catch((error) => {
    if (error instanceof VitrineError && error.code === "file_not_found") return [];
    throw error;
  });
  return files
    .filter(({ type, name }) => type === "file" && !name.endsWith(UNFINISHED))
    .map(({ name, size_bytes, modified_at }) => ({
      id: Buffer.from(name).toString("base64url"),
      name,
      size_bytes,
      finished_at: modified_at,
    }))
    .sort((a, b) => b.finished_at.localeCompare(a.finished_at));
};

/** The path of a download; throws file_not_found for an id that no list gave. */
export const downloadPath = (id: string): string => {
  const name = Buffer.from(id, "base64url").toString();
  if (name === "" || name === "." || name === ".." || /[/\0]/.test(name))
    throw new VitrineError("file_not_found", { path: `download ${id}` });
  return join(DOWNLOADS_DIR, name);
};
