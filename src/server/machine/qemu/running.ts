import { setTimeout as sleep } from "node:timers/promises";
import { VitrineError } from "../../../contract/errors.ts";
import { isAlive } from "../../process/identity.ts";
import { killGroup } from "../../process/kill.ts";
import type { Detached } from "../../process/spawn.ts";
import { removeSockets } from "../confinement/owner.ts";
import type { Machine, MachineExit, MachineRecord } from "../machine.ts";
import { QEMU_IDS } from "./args.ts";
import { openConsole, panicLine } from "./console.ts";
import { endInWords, type QemuLog } from "./log.ts";
import { loadState } from "./migrate.ts";
import type { Qmp, QmpEvent } from "./qmp.ts";
import { saveTo } from "./save.ts";

/** At most this between two looks at an adopted process whose control connection is lost. Milliseconds. */
const LOOK_MS = 500;

export interface RunningOptions {
  dir: string;
  record: MachineRecord;
  qmp: Qmp;
  /** Closed when the machine has ended, or is let go. */
  log: QemuLog;
  /** Where QEMU is this process's own child. */
  child?: Detached;
}

export interface QemuMachine extends Machine {
  /** Gives a machine that was started to wait for a state the one in `file`; it is paused afterwards. `exact` as in SavedState. */
  loadState(file: string, exact: boolean, signal: AbortSignal): Promise<void>;
}

/** The Machine that a QEMU with an open control connection is. Learns the agent's present state before it resolves. */
export const openMachine = async ({ dir, record, qmp, log, child }: RunningOptions): Promise<QemuMachine> => {
  const guestConsole = openConsole(qmp);
  const listeners = new Set<(up: boolean) => void>();
  const whenBlocked = new Set<() => void>();
  const exited = Promise.withResolvers<MachineExit>();
  let up: boolean | undefined;
  let exit: MachineExit | undefined;
  let released = false;
  let blocked = false;

  const block = () => {
    if (blocked) return;
    blocked = true;
    for (const listener of [...whenBlocked]) listener();
  };
  const setUp = (now: boolean) => {
    if (up === now) return;
    up = now;
    for (const listener of [...listeners]) listener(now);
  };

  const end = () => killGroup(record.identity, { cwd: dir, ended: child?.ended });

  /** The guest has stopped; QEMU waits to be asked for its last words. */
  const onShutdown = async (reason: unknown) => {
    const panic = panicLine(await guestConsole.read());
    if (panic) exit ??= { cause: "reset", reason: `the guest's kernel failed: ${panic}` };
    else if (reason === "guest-reset") exit ??= { cause: "reset", reason: "the guest restarted" };
    else exit ??= { cause: "poweroff", reason: "the guest powered off" };
    await qmp.execute("quit", undefined, { timeoutMs: 2000 }).catch(end);
  };

  const onEvent = ({ event, data }: QmpEvent) => {
    if (event === "VSERPORT_CHANGE" && data?.id === QEMU_IDS.agent) setUp(data.open === true);
    // Other failures of a disk are reported to the guest (args.ts).
    if (event === "BLOCK_IO_ERROR" && data?.action === "stop") block();
    if (event === "RESUME") blocked = false;
    if (event === "SHUTDOWN" && data?.guest === true) onShutdown(data.reason).catch(() => {});
  };
  qmp.onEvent(onEvent);

  const gone = async (): Promise<MachineExit> => {
    if (child) return { cause: "crashed", reason: await endInWords(log, await child.ended) };
    const why = await qmp.closed;
    for (let pause = 10; !released && isAlive(record.identity); pause = Math.min(2 * pause, LOOK_MS)) {
      await sleep(pause, undefined, { ref: false });
    }
    const last = await log.lastLine();
    return { cause: "crashed", reason: last ? `QEMU is gone: ${last}` : `QEMU is gone: ${why}` };
  };
  gone()
    .then(async (found) => {
      if (released) return;
      qmp.close();
      log.close();
      // What the relay forked may still hold connections.
      await killGroup(record.identity, { cwd: dir }).catch(() => {});
      await removeSockets(dir).catch(() => {});
      setUp(false);
      exited.resolve(exit ?? found);
    })
    .catch(() => {});

  const [status, chardevs] = await Promise.all([qmp.execute("query-status"), qmp.execute("query-chardev")]);
  // An event that came meanwhile is newer.
  if (up === undefined) {
    const agent = (chardevs as { label: string; "frontend-open": boolean }[]).find(({ label }) => label === QEMU_IDS.agent);
    setUp(agent?.["frontend-open"] === true);
  }
  const { status: now } = status as { status: string };
  if (now === "shutdown") onShutdown("unknown").catch(() => {});
  if (now === "io-error") block();

  return {
    record,
    link: record.link,
    exited: exited.promise,
    onAgent: (listener) => {
      listeners.add(listener);
      if (up) listener(true);
      return () => listeners.delete(listener);
    },
    onBlocked: (listener) => {
      whenBlocked.add(listener);
      if (blocked) listener();
      return () => whenBlocked.delete(listener);
    },
    agentUp: (signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        if (up) return resolve();
        const settle = (done: () => void) => {
          signal.removeEventListener("abort", onAbort);
          listeners.delete(listener);
          done();
        };
        const listener = (now: boolean) => now && settle(resolve);
        const onAbort = () => settle(() => reject(signal.reason));
        listeners.add(listener);
        signal.addEventListener("abort", onAbort, { once: true });
        exited.promise.then(({ reason }) => settle(() => reject(new VitrineError("machine_failed", { reason }))));
      }),
    console: () => guestConsole.read(),
    pause: async () => void (await qmp.execute("stop")),
    resume: async () => void (await qmp.execute("cont")),
    saveState: (file, signal) => saveTo(file, record, qmp, dir, signal),
    loadState: (file, exact, signal) => loadState(qmp, dir, file, exact, signal),
    growDisk: async (disk, sizeMb) => void (await qmp.execute("block_resize", { device: disk, size: sizeMb * 1024 * 1024 })),
    takeSnapshot: async (disk, name) => void (await qmp.execute("blockdev-snapshot-internal-sync", { device: disk, name })),
    dropSnapshot: async (disk, name) => {
      try {
        await qmp.execute("blockdev-snapshot-delete-internal-sync", { device: disk, name });
      } catch (error) {
        if (!/does not exist/.test((error as Error).message)) throw error;
      }
    },
    kill: async () => {
      exit ??= { cause: "killed", reason: "ended by the service" };
      await end();
      if (!released) await exited.promise;
    },
    release: () => {
      released = true;
      qmp.close();
      log.close();
      child?.unref();
    },
  };
};
