import { randomBytes } from "node:crypto";
import { constants, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { chmod, chown, copyFile, link, open, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";
import { VitrineError } from "../../contract/errors.ts";
import { DISKS, type Disk, diskFile, type PerDisk } from "../disk.ts";
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

/** Makes a qcow2 with qemu-img's own words. Fails with disk_full or machine_failed. */
const make = async (path: string, ...words: string[]): Promise<void> => {
  try {
    // Unchecked: it is not to open what a machine's own disk may say that it is laid over.
    await run(["qemu-img", "create", "-q", "-u", "-f", "qcow2", ...words], { timeoutMs: 30_000 });
  } catch (error) {
    if (error instanceof RunError && /No space left/.test(error.stderr)) throw new VitrineError("disk_full", { path }, { cause: error });
    throw new VitrineError("machine_failed", { reason: `its disk could not be made: ${(error as Error).message}` }, { cause: error });
  }
};

/**
 * Makes a qcow2 at `path` that holds what differs from the read-only `base`. It is `sizeMb` MiB large, but never smaller than the base:
 * a shorter disk would cut its file system off. `presently` is where the base lies now, when it is yet to be moved to its place. Fails with disk_full or
 * machine_failed.
 */
export const createOverlay = async (path: string, base: string, sizeMb = 0, presently?: string): Promise<void> => {
  const wanted = BigInt(sizeMb) * 1024n * 1024n;
  const least = await virtualSize(presently ?? (isAbsolute(base) ? base : join(dirname(path), base))).catch((error: Error) => {
    throw new VitrineError("machine_failed", { reason: `its disk could not be made: ${error.message}` }, { cause: error });
  });
  await make(path, "-F", "qcow2", "-b", base, path, String(wanted > least ? wanted : least));
};

/** Something of each disk. */
const perDisk = async <T>(work: (disk: Disk) => Promise<T>): Promise<PerDisk<T>> =>
  Object.fromEntries(await Promise.all(DISKS.map(async (disk) => [disk, await work(disk)]))) as PerDisk<T>;

/** What a machine's disks are laid over, top first, by full path or by name in `dir`. Kept beside the disks, since what those say themselves may be the machine's word. */
const BASES = "bases.json";
const writeBases = (dir: string, bases: PerDisk<readonly string[]>): Promise<void> =>
  writeFile(join(dir, BASES), JSON.stringify(bases), { mode: 0o600 });
export const readBases = async (dir: string): Promise<PerDisk<string[]>> => JSON.parse(await readFile(join(dir, BASES), "utf8"));

/** The disk `file`, which no distrusted machine has written, and all that it says it is laid over. */
const chainOf = async (file: string): Promise<string[]> => {
  const chain = [file];
  for (let { backing } = await readHeader(file); backing !== null; { backing } = await readHeader(backing)) chain.push(backing);
  return chain;
};

/** Makes the disks in `dir`: by copying the overlay that a base brings, if it does, otherwise as createOverlay does. */
export const layOver = async (dir: string, bases: PerDisk<DiskBase | null>, sizesMb: PerDisk<number>): Promise<void> => {
  const chains = await perDisk(async (disk) => {
    const [path, base, sizeMb] = [join(dir, diskFile(disk)), bases[disk], sizesMb[disk]];
    if (base === null) await make(path, path, `${sizeMb}M`);
    else if (base.overlay) await copyFile(base.overlay, path, constants.COPYFILE_FICLONE);
    else await createOverlay(path, base.file, sizeMb);
    return base ? chainOf(base.file) : [];
  });
  await writeBases(dir, chains);
};

/** Makes the service's own what a machine has written: every machine may be given it to read, and none can change it. */
export const seal = async (path: string): Promise<void> => {
  await chown(path, process.geteuid!(), process.getegid!());
  await chmod(path, 0o444);
};

/** Copies of the disks in `dir`, shared blocks where the file system has them, to be laid under others. Answers their paths, whose names no other disks have: links to those of several computers may lie side by side. */
export const freeze = (dir: string): Promise<PerDisk<string>> =>
  perDisk(async (disk) => {
    const path = join(dir, `${disk}-${randomBytes(8).toString("hex")}.qcow2`);
    await copyFile(join(dir, diskFile(disk)), path, constants.COPYFILE_FICLONE);
    await seal(path);
    return path;
  });

/** The frozen disks in `dir` that its own is not laid over: those of a fork that was cut off. */
export const unusedFrozen = (dir: string): string[] => {
  const bases = join(dir, BASES);
  const used = existsSync(bases) ? readFileSync(bases, "utf8") : null;
  return used === null ? [] : readdirSync(dir).filter((name) => /^[a-z]+-[0-9a-f]{16}\.qcow2$/.test(name) && !used.includes(`"${name}"`));
};

/**
 * Lays new disks in `dir` over `frozen` ones of another machine, which are linked beside them with all that they are laid over in their own directory. Links, so that
 * each computer's directory has all that its disks need and may be removed whole; what lies elsewhere (images, templates) is named by its full path.
 */
export const layOverFrozen = async (dir: string, frozen: PerDisk<string>): Promise<void> => {
  const from = dirname(frozen.root);
  const below = await readBases(from);
  const chains = await perDisk(async (disk) => {
    const chain = [basename(frozen[disk]), ...below[disk]];
    for (const base of chain) if (!isAbsolute(base)) await link(join(from, base), join(dir, base));
    await createOverlay(join(dir, diskFile(disk)), chain[0]!);
    return chain;
  });
  await writeBases(dir, chains);
};

/** Makes a disk in `to` a copy of the one in `from`, all that is kept in it included, over the same bases, which are linked beside it. */
export const copyDisk = async (disk: Disk, from: string, to: string): Promise<void> => {
  const [below, own] = await Promise.all([readBases(from), readBases(to)]);
  for (const base of below[disk]) if (!isAbsolute(base)) await link(join(from, base), join(to, base));
  await copyFile(join(from, diskFile(disk)), join(to, diskFile(disk)), constants.COPYFILE_FICLONE);
  await writeBases(to, { ...own, [disk]: below[disk] });
};

/** Bytes of the host's disk that a disk of the computer in `dir` takes: its own, and what of its bases is in its directory. 0 when there is none. */
export const bytesOf = (dir: string, disk: Disk): number => {
  try {
    const files = readdirSync(dir).filter((name) => name.startsWith(disk) && name.endsWith(".qcow2"));
    return files.reduce((sum, name) => sum + 512 * (statSync(join(dir, name), { throwIfNoEntry: false })?.blocks ?? 0), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw error;
  }
};
