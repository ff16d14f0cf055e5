import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, link, open } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { VitrineError } from "../../contract/errors.ts";
import { RunError, run } from "../process/run.ts";
import type { DiskBase } from "./machine.ts";

const QCOW2_MAGIC = 0x514649fb;

/** What the header of a qcow2 image says: the bytes that the guest sees, and the name of the file it is laid over, if any. Source: QEMU's docs/interop/qcow2.txt. */
const readHeader = async (image: string): Promise<{ size: bigint; backing: string | null }> => {
  await using file = await open(image, "r");
  const header = Buffer.alloc(32);
  const { bytesRead } = await file.read(header, 0, header.length, 0);
  if (bytesRead < header.length || header.readUInt32BE(0) !== QCOW2_MAGIC) throw new Error(`${image} is not a qcow2 image`);
  const name = Buffer.alloc(Math.min(header.readUInt32BE(16), 1023));
  if (name.length > 0) await file.read(name, 0, name.length, Number(header.readBigUInt64BE(8)));
  return { size: header.readBigUInt64BE(24), backing: name.length > 0 ? name.toString("utf8") : null };
};

/** Bytes the guest sees of a qcow2 image. */
export const virtualSize = async (image: string): Promise<bigint> => (await readHeader(image)).size;

/**
 * Makes a qcow2 at `path` that holds what differs from the read-only `base`. It is `sizeMb` MiB large, but never smaller than the base:
 * a shorter disk would cut its file system off. `presently` is where the base lies now, when it is yet to be moved to its place. Fails with disk_full or
 * machine_failed.
 */
export const createOverlay = async (path: string, base: string, sizeMb = 0, presently?: string): Promise<void> => {
  try {
    const wanted = BigInt(sizeMb) * 1024n * 1024n;
    const least = await virtualSize(presently ?? (isAbsolute(base) ? base : join(dirname(path), base)));
    const size = String(wanted > least ? wanted : least);
    const unchecked = presently === undefined ? [] : ["-u"];
    await run(["qemu-img", "create", "-q", "-f", "qcow2", ...unchecked, "-F", "qcow2", "-b", base, path, size], { timeoutMs: 30_000 });
  } catch (error) {
    if (error instanceof RunError && /No space left/.test(error.stderr)) throw new VitrineError("disk_full", { path }, { cause: error });
    throw new VitrineError("machine_failed", { reason: `its disk could not be made: ${(error as Error).message}` }, { cause: error });
  }
};

/** As createOverlay, by copying the overlay that the base brings, if it does. */
export const layOver = async (path: string, base: DiskBase, sizeMb: number): Promise<void> => {
  if (base.overlay) await copyFile(base.overlay, path, constants.COPYFILE_FICLONE);
  else await createOverlay(path, base.file, sizeMb);
};

/** A name that no other disk has, so that links to several computers' disks may lie side by side. */
const frozenName = (): string => `disk-${randomBytes(8).toString("hex")}.qcow2`;

/** A copy of the disk `name` in `dir`, shared blocks where the file system has them, to be laid under others. Answers its path. */
export const freeze = async (dir: string, name: string): Promise<string> => {
  const path = join(dir, frozenName());
  await copyFile(join(dir, name), path, constants.COPYFILE_FICLONE);
  return path;
};

/**
 * Links into `dir` the frozen disk `file` and all that it is laid over in its own directory. Links, so that each computer's directory has all that its disk needs and
 * may be removed whole; what lies elsewhere (images, templates) is named by its full path. Answers the disk's name in `dir`.
 */
export const linkChain = async (dir: string, file: string): Promise<string> => {
  const from = dirname(file);
  const top = file.slice(from.length + 1);
  for (let name: string | null = top; name !== null && !isAbsolute(name); name = (await readHeader(join(from, name))).backing) {
    await link(join(from, name), join(dir, name));
  }
  return top;
};
