import { readdirSync, rmSync } from "node:fs";
import { chmod, mkdir, realpath, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { VitrineError } from "../../../contract/errors.ts";
import { withDeadline } from "../../deadline.ts";
import { DISKS } from "../../disk.ts";
import { isAlive } from "../../process/identity.ts";
import { killGroup } from "../../process/kill.ts";
import { endGroup, enterCgroups } from "../confinement/cgroup.ts";
import { findConfinement } from "../confinement/find.ts";
import { removeSockets } from "../confinement/owner.ts";
import { type Confinement, inWords, type UidRange } from "../confinement/walls.ts";
import { bytesOf, freeze, layOver, layOverFrozen, seal, unusedFrozen } from "../disks.ts";
import { checkSocketPaths } from "../link.ts";
import type { BootFiles, Machine, MachineDriver, MachineRecord, MachineSpec } from "../machine.ts";
import { type Accel, QEMU_BINARY, type QemuSpec } from "./args.ts";
import { attach } from "./attach.ts";
import { launch } from "./launch.ts";
import { openLog } from "./log.ts";
import type { Qmp } from "./qmp.ts";
import { openMachine } from "./running.ts";
import { isDraft } from "./save.ts";
import { diskSnapshots } from "./snapshots.ts";
import { strays } from "./strays.ts";

export interface QemuDriverOptions {
  accel: Accel;
  /** Default: qemu-system-x86_64 on the path. */
  qemuBinary?: string;
  /** Whose uids machines may have. Default: DEFAULT_UIDS. */
  uids?: UidRange;
  log?: (message: string) => void;
}

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

/** Makes the directory, fills it, and removes it again when that fails. */
const makeDirectory = async (dir: string, fill: () => Promise<void>): Promise<void> => {
  checkSocketPaths(dir);
  await mkdir(dirname(dir), { recursive: true, mode: 0o700 });
  await mkdir(dir, { mode: 0o700 }).catch((error: Error) => {
    throw new VitrineError("machine_failed", { reason: `its directory could not be made: ${error.message}` }, { cause: error });
  });
  try {
    await fill();
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
};

const prepare: MachineDriver["prepare"] = ({ dir, disks_mb }, bases) => makeDirectory(dir, () => layOver(dir, bases, disks_mb));

const copy: MachineDriver["copy"] = ({ dir }, frozen) => makeDirectory(dir, () => layOverFrozen(dir, frozen));

const adopt = async (given: string, record: MachineRecord, signal: AbortSignal): Promise<Machine | null> => {
  signal.throwIfAborted();
  const dir = await realDir(given);
  if (!isAlive(record.identity)) {
    await killGroup(record.identity, { cwd: dir });
    return null;
  }
  let qmp: Qmp | undefined;
  const log = openLog(dir);
  try {
    const machine = await withDeadline("QEMU's answer to the restarted service", ADOPT_MS, signal, async (until) => {
      qmp = await attach(dir, until);
      return openMachine({ dir, record, qmp, log });
    });
    await removeBootFiles(dir);
    return machine;
  } catch (error) {
    qmp?.close();
    log.close();
    if (!isAlive(record.identity)) return null;
    throw error;
  }
};

const halt = async (given: string, record: MachineRecord | null, cgroups: Confinement["cgroups"]): Promise<void> => {
  const dir = await realDir(given);
  if (record) await killGroup(record.identity, { cwd: dir });
  for (const { identity } of strays((other) => other === dir)) await killGroup(identity, { cwd: dir });
  if ("base" in cgroups) await endGroup(cgroups, dir);
  await Promise.all([removeSockets(dir), removeBootFiles(dir)]);
};

/** Looks at what the host has, and enters its control groups. Each thing that is lacking is logged once. */
const settleIn = async (uids: UidRange | undefined, log: (message: string) => void): Promise<Confinement> => {
  const found = await findConfinement({ uids });
  for (const lack of found.lacks) log(`confinement: ${lack}`);
  log(`confinement: ${inWords(found)}`);
  try {
    if ("base" in found.cgroups) enterCgroups(found.cgroups);
  } catch (error) {
    found.cgroups = { reason: `control groups are not delegated to the service: ${(error as Error).message}` };
  }
  if ("reason" in found.cgroups) log(`machines are bounded by resource limits alone: ${found.cgroups.reason}`);
  return found;
};

/** Machines of QEMU's `microvm` type. Errors are VitrineErrors. */
export const createQemuDriver = ({ accel, qemuBinary = QEMU_BINARY, uids, log = () => {} }: QemuDriverOptions): MachineDriver => {
  let settled: Promise<Confinement> | undefined;
  const confinement = (): Promise<Confinement> => {
    settled ??= settleIn(uids, log);
    return settled;
  };

  const qemuSpec = ({ vcpus, ram_mb, image: { kernel, initrd } }: MachineSpec): Omit<QemuSpec, "forwards"> => ({
    binary: qemuBinary,
    accel,
    vcpus,
    ram_mb,
    kernel,
    initrd,
    disks: DISKS,
  });

  const boot: MachineDriver["boot"] = async (spec, files, signal, onSpawn, memory) => {
    const dir = await realDir(spec.dir);
    const found = await confinement();
    try {
      await writeBootFiles(dir, files);
      // QEMU could not make it where it is to be.
      if (memory !== undefined) await writeFile(memory, "", { mode: 0o600 });
      const fwCfg = { config: bootFile("config"), session: bootFile("session") };
      const own = memory === undefined ? {} : { memory: { file: memory, private: false } };
      return await launch(dir, { ...qemuSpec(spec), fwCfg, ...own }, found, signal, onSpawn);
    } finally {
      await removeBootFiles(dir);
    }
  };

  const restore: MachineDriver["restore"] = async (spec, { file, memory, exact }, signal, onSpawn, onPhase = () => {}) => {
    const dir = await realDir(spec.dir);
    const mapped = memory === null ? {} : { memory: { file: memory, private: true } };
    const spawned = (record: MachineRecord) => {
      onSpawn(record);
      onPhase("spawn");
    };
    const machine = await launch(dir, { ...qemuSpec(spec), ...mapped, incoming: true }, await confinement(), signal, spawned);
    onPhase("qmp");
    try {
      await machine.loadState(file, exact, signal);
      onPhase("load");
      await machine.resume();
      onPhase("resume");
      return machine;
    } catch (error) {
      await machine.kill();
      throw error;
    }
  };

  const haltIn: MachineDriver["halt"] = async (dir, record) => halt(dir, record, (await confinement()).cgroups);
  return {
    prepare,
    copy,
    freezeDisks: async (dir) => freeze(await realDir(dir)),
    snapshots: diskSnapshots(
      confinement,
      async (spec) => ({ ...spec, dir: await realDir(spec.dir) }),
      (dir) => haltIn(dir, null),
    ),
    bytesOf,
    seal,
    boot,
    restore,
    adopt,
    halt: haltIn,
    strays: async (given) => {
      const root = await realDir(given);
      return strays((dir) => dirname(dir) === root).map(({ dir, identity }) => ({
        name: basename(dir),
        identity,
        kill: () => killGroup(identity, { cwd: dir }),
      }));
    },
    tidy: (dir) => {
      const left = [...unusedFrozen(dir), ...readdirSync(dir).filter(isDraft)];
      for (const name of left) rmSync(join(dir, name), { recursive: true, force: true });
      return left;
    },
    destroy: async (dir, record) => {
      await haltIn(dir, record);
      await rm(dir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
};
