import { lstatSync, opendirSync, type Stats } from "node:fs";
import { posix } from "node:path";
import type { FileRecord } from "../../src/contract/guest/protocol.ts";
import { invalid } from "./fault.ts";
import { userNames } from "./users.ts";

export const MAX_ENTRIES = 10_000;

const typeOf = (stats: Stats): FileRecord["type"] =>
  stats.isFile() ? "file" : stats.isDirectory() ? "directory" : stats.isSymbolicLink() ? "symlink" : "other";

const record = (path: string, stats: Stats, owners: Map<number, string>): FileRecord => ({
  path,
  name: posix.basename(path),
  type: typeOf(stats),
  size_bytes: stats.size,
  mode: (stats.mode & 0o7777).toString(8).padStart(4, "0"),
  modified_at: stats.mtime.toISOString(),
  owner: owners.get(stats.uid) ?? String(stats.uid),
});

/** The entry itself; a link is not followed. */
export const statRecord = (path: string): FileRecord => record(path, lstatSync(path), userNames());

/** The entries of a folder by name. Throws invalid_request beyond MAX_ENTRIES rather than leave some out. */
export const listRecords = (path: string): FileRecord[] => {
  const owners = userNames();
  const records: FileRecord[] = [];
  const folder = opendirSync(path, { bufferSize: 1024 });
  try {
    for (let entry = folder.readSync(); entry; entry = folder.readSync()) {
      if (records.length === MAX_ENTRIES) throw invalid(`${path} has more than ${MAX_ENTRIES} entries; list it with exec`);
      const child = posix.join(path, entry.name);
      const stats = lstatSync(child, { throwIfNoEntry: false });
      // One that was removed meanwhile is not there.
      if (stats) records.push(record(child, stats, owners));
    }
  } finally {
    folder.closeSync();
  }
  return records.sort((a, b) => (a.name < b.name ? -1 : 1));
};
