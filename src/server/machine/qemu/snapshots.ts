import { isAbsolute, join } from "node:path";
import { VitrineError } from "../../../contract/errors.ts";
import { type Disk, diskFile } from "../../disk.ts";
import { RunError, run } from "../../process/run.ts";
import { confine } from "../confinement/confine.ts";
import type { Confinement } from "../confinement/walls.ts";
import { copyDisk, readBases, virtualSize } from "../disks.ts";
import type { DiskSnapshots, MachineSpec } from "../machine.ts";

/** Milliseconds for one run of qemu-img, which moves no data: it writes tables, and gives clusters back. */
const QEMU_IMG_MS = 2 * 60_000;
const MIB = 1024n * 1024n;

/**
 * Runs qemu-img on a machine's disk where its machine would run: the file is what a distrusted machine has written, and may say that it is laid over anything.
 * Fails with machine_failed, or the signal's reason.
 */
const qemuImg = async (found: Confinement, spec: MachineSpec, disk: Disk, words: readonly string[], signal: AbortSignal): Promise<void> => {
  const { dir, vcpus, ram_mb } = spec;
  const read = (await readBases(dir))[disk].map((path) => (isAbsolute(path) ? path : join(dir, path)));
  const view = { dir, write: [join(dir, diskFile(disk))], read, devices: [] };
  const argv = confine(found, { view, secrets: [], share: { vcpus, ram_mb }, opensForWriting: false }, 'exec "$@"', ["qemu-img", ...words]);
  await run(argv, { cwd: dir, timeoutMs: QEMU_IMG_MS, signal });
};

const failing = (what: string) => (error: unknown) => {
  throw error instanceof RunError ? new VitrineError("machine_failed", { reason: `${what}: ${error.message}` }, { cause: error }) : error;
};

/**
 * What is kept in the disks' own files (qcow2's internal snapshots), by qemu-img. `realSpec` has the real path of the directory; `halt` removes what a run has left of its
 * box there.
 */
export const diskSnapshots = (
  confinement: () => Promise<Confinement>,
  realSpec: (spec: MachineSpec) => Promise<MachineSpec>,
  halt: (dir: string) => Promise<void>,
): DiskSnapshots => {
  const inBox = async (spec: MachineSpec, disk: Disk, words: readonly string[], signal: AbortSignal): Promise<void> => {
    try {
      await qemuImg(await confinement(), await realSpec(spec), disk, words, signal);
    } finally {
      await halt(spec.dir);
    }
  };
  return {
    take: (spec, disk, name, signal) =>
      inBox(spec, disk, ["snapshot", "-q", "-c", name, diskFile(disk)], signal).catch(failing("its disk could not be kept")),
    drop: (spec, disk, name, signal) =>
      inBox(spec, disk, ["snapshot", "-q", "-d", name, diskFile(disk)], signal)
        .catch((error) => {
          if (!(error instanceof RunError && /snapshot not found/.test(error.stderr))) throw error;
        })
        .catch(failing("a snapshot could not be deleted")),
    apply: (spec, disk, name, signal) =>
      inBox(spec, disk, ["snapshot", "-q", "-a", name, diskFile(disk)], signal).catch(failing("its disk could not be made what it was")),
    copyFrom: async (spec, disk, from) => copyDisk(disk, (await realSpec({ ...spec, dir: from })).dir, (await realSpec(spec)).dir),
    grow: async (spec, disk, signal) => {
      const wanted = BigInt(spec.disks_mb[disk]) * MIB;
      if ((await virtualSize(join(spec.dir, diskFile(disk)))) >= wanted) return;
      await inBox(spec, disk, ["resize", "-q", "-f", "qcow2", diskFile(disk), String(wanted)], signal).catch(
        failing("its disk could not be grown"),
      );
    },
  };
};
