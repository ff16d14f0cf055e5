import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";

/** Where administrators' tools live; an ordinary user's PATH may leave these out. */
const SYSTEM_DIRS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** The folders to look in: PATH first, then the system's own. Relative entries are skipped. */
export const searchPath = (path = process.env.PATH ?? ""): string[] => [
  ...new Set([...path.split(":").filter((dir) => dir.startsWith("/")), ...SYSTEM_DIRS]),
];

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
};

/** Full path of an executable, or null. */
export const findExecutable = (name: string, dirs = searchPath()): string | null =>
  dirs.map((dir) => join(dir, name)).find(isExecutable) ?? null;
