import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { chmod, chown, copyFile, link, open, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";
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
    // Unchecked: it is not to open what a machine's own disk may say that it is laid over.
    await run(["qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "qcow2", "-b", base, path, size], { timeoutMs: 30_000 });
  } catch (error) {
    if (error instanceof RunError && /No space left/.test(error.stderr)) throw new VitrineError("disk_full", { path }, { cause: error });
    throw new VitrineError("machine_failed", { reason: `its disk could not be made: ${(error as Error).message}` }, { cause: error });
  }
};

/** What a machine's disk is laid over, top first, by full path or by name in `dir`. Kept beside the disk, since what that says itself may be the machine's word. */
const BASES = "bases.json";
const writeBases = (dir: string, bases: readonly string[]): Promise<void> =>
  writeFile(join(dir, BASES), JSON.stringify(bases), { mode: 0o600 });
export const readBases = async (dir: string): Promise<string[]> => JSON.parse(await readFile(join(dir, BASES), "utf8"));

/** The disk `file`, which no distrusted machine has written, and all that it says it is laid over. */
const chainOf = async (file: string): Promise<string[]> => {
  const chain = [file];
  for (let { backing } = await readHeader(file); backing !== null; { backing } = await readHeader(backing)) chain.push(backing);
  return chain;
};

/** Makes the disk `path`, by copying the overlay that the base brings, if it does; otherwise as createOverlay does. */
export const layOver = async (path: string, base: DiskBase, sizeMb: number): Promise<void> => {
  if (base.overlay) await copyFile(base.overlay, path, constants.COPYFILE_FICLONE);
  else await createOverlay(path, base.file, sizeMb);
  await writeBases(dirname(path), await chainOf(base.file));
};

/** A name that no other disk has, so that links to several computers' disks may lie side by side. */
const frozenName = (): string => `disk-${randomBytes(8).toString("hex")}.qcow2`;

/** Makes the service's own what a machine has written: every machine may be given it to read, and none can change it. */
export const seal = async (path: string): Promise<void> => {
  await chown(path, process.geteuid!(), process.getegid!());
  await chmod(path, 0o444);
};

/** A copy of the disk `name` in `dir`, shared blocks where the file system has them, to be laid under others. Answers its path. */
export const freeze = async (dir: string, name: string): Promise<string> => {
  const path = join(dir, frozenName());
  await copyFile(join(dir, name), path, constants.COPYFILE_FICLONE);
  await seal(path);
  return path;
};

/**
 * Lays the new disk `path` over `frozen`, a frozen disk of another machine, which is linked beside it with all that it is laid over in its own directory. Links, so that
 * each computer's directory has all that its disk needs and may be removed whole; what lies elsewhere (images, templates) is named by its full path.
 */
export const layOverFrozen = async (path: string, frozen: string): Promise<void> => {
  const [from, dir] = [dirname(frozen), dirname(path)];
  const bases = [basename(frozen), ...(await readBases(from))];
  for (const base of bases) if (!isAbsolute(base)) await link(join(from, base), join(dir, base));
  await createOverlay(path, basename(frozen));
  await writeBases(dir, bases);
};
