import { createWriteStream } from "node:fs";
import { lstat, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Computer } from "../../client/index.ts";
import { UsageError } from "../cli.ts";
import { beside } from "./beside.ts";
import { unpackInto } from "./tar.ts";

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );

/** As cp has it: into an existing folder under its own name, otherwise to exactly that path. */
const targetPath = async (local: string, remote: string): Promise<string> =>
  (await isFolder(local)) || local.endsWith("/") ? resolve(local, basename(remote)) : resolve(local);

const copyFile = async (computer: Computer, remote: string, path: string, signal: AbortSignal): Promise<void> => {
  const body = await computer.files.readStream(remote, { signal });
  await beside(path, (draft) => pipeline(body, createWriteStream(draft), { signal }));
};

const copyFolder = async (computer: Computer, remote: string, path: string, signal: AbortSignal): Promise<void> => {
  const taken = await lstat(path).catch(() => null);
  if (taken) throw new UsageError(`${path} exists already; name a folder that does not.`);
  const archive = await computer.files.downloadArchive(remote, { signal });
  const folder = await mkdtemp(join(dirname(path), ".vitrine-cp-"));
  try {
    await unpackInto(folder, archive, signal);
    await rename(folder, path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Copies a file or, with `recursive`, a folder out of a computer; answers its path here. `-` writes a file to `stdout`. */
export const copyOut = async (
  computer: Computer,
  remote: string,
  local: string,
  recursive: boolean,
  stdout: Writable,
  signal: AbortSignal,
): Promise<string | null> => {
  if (local === "-") {
    await pipeline(await computer.files.readStream(remote, { signal }), stdout, { signal, end: false });
    return null;
  }
  const path = await targetPath(local, remote);
  const { type } = await computer.files.stat(remote, { signal });
  if (type === "directory" && !recursive) throw new UsageError(`${remote} is a folder; copy it with -r.`);
  await (type === "directory" ? copyFolder : copyFile)(computer, remote, path, signal);
  return path;
};
