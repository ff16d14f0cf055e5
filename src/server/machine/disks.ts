import { open } from "node:fs/promises";
import { VitrineError } from "../../contract/errors.ts";
import { RunError, run } from "../process/run.ts";

const QCOW2_MAGIC = 0x514649fb;

/** Bytes the guest sees of a qcow2 image, from its header. */
export const virtualSize = async (image: string): Promise<bigint> => {
  const file = await open(image, "r");
  try {
    const header = Buffer.alloc(32);
    const { bytesRead } = await file.read(header, 0, header.length, 0);
    if (bytesRead < header.length || header.readUInt32BE(0) !== QCOW2_MAGIC) throw new Error(`${image} is not a qcow2 image`);
    return header.readBigUInt64BE(24);
  } finally {
    await file.close();
  }
};

/**
 * Makes a qcow2 at `path` that holds what differs from the read-only `base`. It is `sizeMb` MiB large, but never smaller than the base:
 * a shorter disk would cut its file system off. Fails with disk_full or machine_failed.
 */
export const createOverlay = async (path: string, base: string, sizeMb: number): Promise<void> => {
  try {
    const wanted = BigInt(sizeMb) * 1024n * 1024n;
    const least = await virtualSize(base);
    const size = String(wanted > least ? wanted : least);
    await run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, path, size], { timeoutMs: 30_000 });
  } catch (error) {
    if (error instanceof RunError && /No space left/.test(error.stderr)) throw new VitrineError("disk_full", { path }, { cause: error });
    throw new VitrineError("machine_failed", { reason: `its disk could not be made: ${(error as Error).message}` }, { cause: error });
  }
};
