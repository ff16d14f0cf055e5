import { type ChildProcess, spawn } from "node:child_process";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

const ended = (child: ChildProcess): Promise<void> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let words = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    words = (words + chunk.toString("utf8")).slice(-2000);
  });
  child.on("error", (error) => reject(error));
  child.on("close", (code, signal) =>
    code === 0 ? resolve() : reject(Object.assign(new Error(`tar failed (${signal ?? code}): ${words.trim()}`), { syscall: "tar" })),
  );
  promise.catch(() => {});
  return promise;
};

/** A local folder's content as tar.gz. `done` rejects when tar fails; the stream then breaks off too. */
export const packFolder = (folder: string, signal: AbortSignal): { archive: Readable; done: Promise<void> } => {
  const child = spawn("tar", ["-czf", "-", "-C", folder, "."], { stdio: ["ignore", "pipe", "pipe"], signal });
  const done = ended(child);
  // tar's end of output is a success only with its exit code: an archive cut short must not arrive as a whole one.
  done.catch((error: Error) => child.stdout.destroy(error));
  return { archive: child.stdout, done };
};

/** Folders, files and links only: what comes from a guest may hold devices, which root would be given for real. */
const refuseSpecialFiles = async (folder: string): Promise<void> => {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() || entry.isDirectory() || entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    throw Object.assign(new Error(`the folder holds a special file, which is not copied: ${path.slice(folder.length + 1)}`), {
      syscall: "tar",
    });
  }
};

/** Unpacks into a folder that is new and ours alone; the caller moves it to its place, or removes it. */
export const unpackInto = async (folder: string, archive: Readable, signal: AbortSignal): Promise<void> => {
  const info = await lstat(folder);
  if (!info.isDirectory()) throw new TypeError(`${folder} is not a folder`);
  const child = spawn("tar", ["-xzf", "-", "-C", folder, "--no-same-owner", "--no-same-permissions"], {
    stdio: ["pipe", "ignore", "pipe"],
    signal,
  });
  const done = ended(child);
  // When tar ends early, its own words are the reason, not the broken pipe.
  const fed = pipeline(archive, child.stdin).catch((error: unknown) => error);
  await done;
  const failure = await fed;
  if (failure) throw failure;
  await refuseSpecialFiles(folder);
};
