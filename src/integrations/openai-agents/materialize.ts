import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Entry,
  type Manifest,
  permissionsForSandboxEntry,
  SandboxLocalDirReadError,
  SandboxLocalFileReadError,
  SandboxUnsupportedFeatureError,
} from "@openai/agents/sandbox";
import type { Computer } from "../../client/index.ts";
import { GUEST_USER } from "../../contract/guest/protocol.ts";
import { called } from "./errors.ts";
import type { SessionFiles } from "./files.ts";
import { cloneInto } from "./git.ts";
import type { Paths } from "./paths.ts";

/** What entries are put into. */
interface Place {
  computer: Computer;
  files: SessionFiles;
  paths: Paths;
  user: string;
}

const localFile = async (src: string): Promise<Uint8Array> => {
  try {
    return await readFile(src);
  } catch (error) {
    throw new SandboxLocalFileReadError(`The local file ${src} cannot be read: ${(error as Error).message}`, { src });
  }
};

const localDir = async (files: SessionFiles, src: string, path: string): Promise<void> => {
  const names = await readdir(src, { withFileTypes: true }).catch((error: Error) => {
    throw new SandboxLocalDirReadError(`The local folder ${src} cannot be read: ${error.message}`, { src });
  });
  await files.mkdir(path);
  for (const name of names) {
    const [from, to] = [join(src, name.name), `${path}/${name.name}`];
    if (name.isDirectory()) await localDir(files, from, to);
    else if (name.isFile()) await files.write(to, await localFile(from));
    // A link could lead to what nobody meant to hand out.
    else
      throw new SandboxLocalDirReadError(`${from} is neither a file nor a folder; local_dir takes no links or special files.`, {
        src: from,
      });
  }
};

const put = async (place: Place, path: string, entry: Entry): Promise<void> => {
  const { computer, files, paths } = place;
  switch (entry.type) {
    case "dir":
      await files.mkdir(path);
      for (const [name, child] of Object.entries(entry.children ?? {})) await materialize(place, `${path}/${name}`, child);
      return;
    case "file":
      return files.write(path, entry.content);
    case "local_file":
      return files.write(path, await localFile(entry.src));
    case "local_dir": {
      const stat = await lstat(entry.src).catch(() => null);
      if (!stat?.isDirectory()) throw new SandboxLocalDirReadError(`The local folder ${entry.src} is not there.`, { src: entry.src });
      return localDir(files, entry.src, path);
    }
    case "git_repo":
      return cloneInto(computer, place.user, entry, await paths.real(path, true));
    default:
      throw new SandboxUnsupportedFeatureError(
        `A Vitrine computer mounts neither folders of this host nor storage of a cloud; ${path} is a ${entry.type}. Copy it: local_dir takes a folder.`,
        { path },
      );
  }
};

/** Makes one entry of a manifest, with what is in it. */
export const materialize = async (place: Place, path: string, entry: Entry): Promise<void> => {
  if (entry.group !== undefined)
    throw new SandboxUnsupportedFeatureError(`Files of a Vitrine computer have no other group than their user's: ${path}`, { path });
  await put(place, path, entry);
  if (entry.permissions === undefined) return;
  const mode = (permissionsForSandboxEntry(entry.permissions).toMode() & 0o1777).toString(8);
  await called(place.computer.exec(["chmod", mode, "--", await place.paths.real(path, true)], { user: place.user }));
};

/** Makes all entries of a manifest. Errors: unsupported_feature for accounts and mounts, those of files, local_file_read_error, local_dir_read_error, git_*. */
export const materializeAll = async (place: Place, manifest: Manifest): Promise<void> => {
  // An agent's runAs puts its user here, too.
  if (manifest.users.some(({ name }) => name !== GUEST_USER.name) || manifest.groups.length > 0)
    throw new SandboxUnsupportedFeatureError(
      `A Vitrine computer has its own users; leave groups, and users but ${GUEST_USER.name}, out of the manifest.`,
    );
  for (const [path, entry] of Object.entries(manifest.entries)) await materialize(place, path, entry);
};
