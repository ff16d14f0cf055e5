import { chmod, mkdir, realpath, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { VitrineError } from "../../../contract/errors.ts";
import { withDeadline } from "../../deadline.ts";
import { isAlive } from "../../process/identity.ts";
import { killGroup } from "../../process/kill.ts";
import { createOverlay } from "../disks.ts";
import { checkSocketPaths, type Isolation, probeIsolation } from "../link.ts";
import type { BootFiles, Machine, MachineDriver, MachineRecord, MachineSpec } from "../machine.ts";
import { type Accel, QEMU_BINARY } from "./args.ts";
import { attach } from "./attach.ts";
import { launch } from "./launch.ts";
import type { Qmp } from "./qmp.ts";
import { openMachine } from "./running.ts";
import { strays } from "./strays.ts";

export interface QemuDriverOptions {
  accel: Accel;
  /** Default: qemu-system-x86_64 on the path. */
  qemuBinary?: string;
  log?: (message: string) => void;
}

const ROOT_DISK = "root.qcow2";
/** How long a machine that runs has to answer a restarted service. Milliseconds. */
const ADOPT_MS = 10_000;

/** A process's working directory is told by its real path, so that is the one to go by. */
const realDir = (dir: string): Promise<string> => realpath(dir).catch(() => dir);

const bootFile = (name: keyof BootFiles): string => `${name}.fw`;
const BOOT_FILES: readonly (keyof BootFiles)[] = ["config", "session"];

const writeBootFiles = async (dir: string, files: BootFiles): Promise<void> => {
  for (const name of BOOT_FILES) {
    const path = join(dir, bootFile(name));
    await writeFile(path, files[name], { mode: 0o600 });
    // The mode of an older file stays as it was.
    await chmod(path, 0o600);
  }
};

/** QEMU reads them before it speaks QMP; the secret need not stay on the disk. */
const removeBootFiles = async (dir: string): Promise<void> => {
  for (const name of BOOT_FILES) await rm(join(dir, bootFile(name)), { force: true });
};

const prepare = async (spec: MachineSpec): Promise<void> => {
  checkSocketPaths(spec.dir);
  await mkdir(dirname(spec.dir), { recursive: true, mode: 0o700 });
  await mkdir(spec.dir, { mode: 0o700 }).catch((error: Error) => {
    throw new VitrineError("machine_failed", { reason: `its directory could not be made: ${error.message}` }, { cause: error });
  });
  try {
    await createOverlay(join(spec.dir, ROOT_DISK), spec.image.rootDisk, spec.disk_size_mb);
  } catch (error) {
    await rm(spec.dir, { recursive: true, force: true });
    throw error;
  }
};

const adopt = async (given: string, record: MachineRecord, signal: AbortSignal): Promise<Machine | null> => {
  signal.throwIfAborted();
  const dir = await realDir(given);
  if (!isAlive(record.identity)) {
    await killGroup(record.identity, { cwd: dir });
    return null;
  }
  let qmp: Qmp | undefined;
  try {
    const machine = await withDeadline("QEMU's answer to the restarted service", ADOPT_MS, signal, async (until) => {
      qmp = await attach(dir, until);
      return openMachine({ dir, record, qmp });
    });
    await removeBootFiles(dir);
    return machine;
  } catch (error) {
    qmp?.close();
    if (!isAlive(record.identity)) return null;
    throw error;
  }
};

const halt: MachineDriver["halt"] = async (given, record) => {
  const dir = await realDir(given);
  if (record) await killGroup(record.identity, { cwd: dir });
  for (const identity of strays(dir)) await killGroup(identity, { cwd: dir });
};

const destroy: MachineDriver["destroy"] = async (given, record) => {
  await halt(given, record);
  await rm(given, { recursive: true, force: true, maxRetries: 3 });
};

/** Machines of QEMU's `microvm` type. Errors are VitrineErrors. */
export const createQemuDriver = ({ accel, qemuBinary = QEMU_BINARY, log = () => {} }: QemuDriverOptions): MachineDriver => {
  let isolation: Promise<Isolation> | undefined;
  const findIsolation = () => {
    isolation ??= probeIsolation().then((found) => {
      if (!found.namespace) log(`guest links use loopback ports, as no network namespace is to be had: ${found.reason}`);
      return found;
    });
    return isolation;
  };

  const boot: MachineDriver["boot"] = async (spec, files, signal, onSpawn) => {
    const { vcpus, ram_mb, image } = spec;
    const dir = await realDir(spec.dir);
    const found = await findIsolation();
    try {
      await writeBootFiles(dir, files);
      const fwCfg = { config: bootFile("config"), session: bootFile("session") };
      const qemu = { binary: qemuBinary, accel, vcpus, ram_mb, kernel: image.kernel, initrd: image.initrd, rootDisk: ROOT_DISK, fwCfg };
      return await launch(dir, qemu, found, signal, onSpawn);
    } finally {
      await removeBootFiles(dir);
    }
  };

  return { prepare, boot, adopt, halt, destroy };
};
