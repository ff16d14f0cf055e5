import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, posix, resolve } from "node:path";
import { type Computer, VitrineError } from "../../client/index.ts";
import { UsageError } from "../cli.ts";
import { packFolder } from "./tar.ts";

/** As cp has it: into an existing folder under its own name, otherwise to exactly that path. */
const targetPath = async (computer: Computer, remote: string, local: string, signal: AbortSignal): Promise<string> => {
  const inside = posix.join(remote, basename(resolve(local)));
  if (remote.endsWith("/")) return inside;
  try {
    return (await computer.files.stat(remote, { signal })).type === "directory" ? inside : remote;
  } catch (error) {
    if (error instanceof VitrineError && error.code === "file_not_found") return remote;
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
  const { archive, done } = packFolder(local, signal);
  await computer.files.uploadArchive(path, archive, { signal });
  await done;
  return path;
};
