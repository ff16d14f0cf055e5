import { closeSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { VitrineError } from "../../../contract/errors.ts";
import { withDeadline } from "../../deadline.ts";
import { killGroup } from "../../process/kill.ts";
import { type Detached, spawnDetached } from "../../process/spawn.ts";
import { confine } from "../confinement/confine.ts";
import { removeSockets } from "../confinement/owner.ts";
import type { Confinement } from "../confinement/walls.ts";
import { readBases } from "../disks.ts";
import { planLink } from "../link.ts";
import type { MachineRecord } from "../machine.ts";
import { type QemuSpec, QMP_SOCKET, qemuArgs } from "./args.ts";
import { attach } from "./attach.ts";
import { endInWords, makeLog } from "./log.ts";
import { openMachine, type QemuMachine } from "./running.ts";
import { hostTscKhz } from "./tsc.ts";
import { tenantOf } from "./view.ts";

/** QEMU has parsed its command line, opened the disks and runs the guest within this. Milliseconds. */
const START_MS = 15_000;
/** A QEMU that breaks its connection is about to end, and then says why. Milliseconds. */
const ENDING_MS = 500;

const start = async (argv: () => readonly string[], cwd: string, log: number): Promise<Detached> => {
  try {
    return await spawnDetached(argv(), { cwd, log });
  } finally {
    closeSync(log);
  }
};

/**
 * Starts QEMU in `dir` (a real path) and connects to it. `onSpawn` is told of the process before anything is waited for. When this fails the
 * process is gone; the error is machine_failed with QEMU's own words, timeout, the signal's reason, or what `onSpawn` threw.
 */
export const launch = async (
  dir: string,
  spec: Omit<QemuSpec, "forwards" | "tscKhz">,
  confinement: Confinement,
  signal: AbortSignal,
  onSpawn: (record: MachineRecord) => void,
): Promise<QemuMachine> => {
  signal.throwIfAborted();
  const [link, { log, end }, bases] = await Promise.all([
    planLink(dir, confinement.walls.kind !== "none"),
    makeLog(dir),
    spec.disks ? readBases(dir) : null,
    rm(join(dir, QMP_SOCKET), { force: true }),
  ]);
  const words = qemuArgs({ ...spec, forwards: link.forwards, tscKhz: hostTscKhz() });
  const child = await start(
    () => confine(confinement, tenantOf(dir, spec, bases ? Object.values(bases).flat() : []), link.script, words),
    dir,
    end,
  ).catch((error: Error) => {
    log.close();
    throw new VitrineError("machine_failed", { reason: `QEMU could not be started: ${error.message}` }, { cause: error });
  });
  const { accel, ram_mb, memory = null } = spec;
  const record: MachineRecord = { identity: child.identity, link: link.address, accel, ram_mb, memory };
  const died = new AbortController();
  void child.ended.then(() => died.abort(new Error("QEMU ended")));
  try {
    onSpawn(record);
    return await withDeadline("QEMU's start", START_MS, AbortSignal.any([signal, died.signal]), async (until) => {
      const qmp = await attach(dir, until);
      return openMachine({ dir, record, qmp, log, child });
    });
  } catch (error) {
    const ended = signal.aborted ? undefined : await Promise.race([child.ended, sleep(ENDING_MS, undefined, { ref: false })]);
    await killGroup(child.identity, { cwd: dir, ended: child.ended });
    const failure = ended ? new VitrineError("machine_failed", { reason: await endInWords(log, ended) }, { cause: error }) : error;
    await removeSockets(dir);
    log.close();
    throw failure;
  }
};
