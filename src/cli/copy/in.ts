import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, posix, resolve } from "node:path";
import { type Computer, VitrineError } from "../../client/index.ts";
import { UsageError } from "../cli.ts";
import { packFolder } from "./tar.ts";

/** What is at a path; null when nothing is. */
const typeOf = async (computer: Computer, path: string, signal: AbortSignal): Promise<string | null> => {
  try {
    return (await computer.files.stat(path, { signal })).type;
  } catch (error) {
    if (error instanceof VitrineError && error.code === "file_not_found") return null;
    throw error;
  }
};

/** As cp has it: into an existing folder under its own name, otherwise to exactly that path. */
const targetPath = async (computer: Computer, remote: string, local: string, signal: AbortSignal): Promise<string> => {
  const inside = posix.join(remote, basename(resolve(local)));
  if (remote.endsWith("/")) return inside;
  return (await typeOf(computer, remote, signal)) === "directory" ? inside : remote;
};

const unpack = async (computer: Computer, local: string, path: string, signal: AbortSignal): Promise<void> => {
  const { archive, done } = packFolder(local, signal);
  await computer.files.uploadArchive(path, archive, { signal });
  await done;
};

/** Unpacks beside the place and moves it there whole. Over a folder that is there, its files come one by one. */
const copyFolder = async (computer: Computer, local: string, path: string, signal: AbortSignal): Promise<void> => {
  if ((await typeOf(computer, path, signal)) !== null) return unpack(computer, local, path, signal);
  const draft = posix.join(posix.dirname(path), `.vitrine-cp-${randomUUID()}`);
  try {
    await unpack(computer, local, draft, signal);
    await computer.files.move(draft, path, { signal });
  } catch (error) {
    await computer.files.delete(draft).catch(() => {});
    throw error;
  }
};

/** Copies a local file or, with `recursive`, folder into a computer; answers its path there. */
export const copyIn = async (
  computer: Computer,
  local: string,
  remote: string,
  recursive: boolean,
  signal: AbortSignal,
): Promise<string> => {
  const info = await stat(local);
  if (info.isDirectory() && !recursive) throw new UsageError(`${local} is a folder; copy it with -r.`);
  const path = await targetPath(computer, remote, local, signal);
  if (!info.isDirectory()) {
    await computer.files.write(path, createReadStream(local), { signal });
    return path;
  }
  await copyFolder(computer, local, path, signal);
  return path;
};
