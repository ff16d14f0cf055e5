import { rm } from "node:fs/promises";
import { VitrineError } from "../../contract/errors.ts";
import {
  asVitrineError,
  detach,
  type Engine,
  isEnding,
  type Live,
  lastErrorOf,
  operate,
  requireIdle,
  type Step,
  update,
} from "./engine.ts";
import { keepProfile } from "./profile/keep.ts";
import type { ComputerRecord } from "./record.ts";
import { requireStatus } from "./state.ts";
import { memoryBelow, stateFile } from "./suspended.ts";
import { sync } from "./sync.ts";

export type StopMode = "suspend" | "shutdown";

/** Milliseconds for the guest to end its services and power off, before it is switched off. */
const POWER_OFF_MS = 60_000;
/** Milliseconds for the guest to put what it holds onto its disks, before it is suspended without. */
const SYNC_MS = 10_000;

/**
 * Stops a running computer: `suspend` keeps its memory beside its disks, `shutdown` its disks alone. Stopping one that is stopped is a success; shutting a suspended one down
 * gives its memory up.
 */
export const stop = async (engine: Engine, record: ComputerRecord, mode: StopMode = "suspend"): Promise<ComputerRecord> => {
  if (record.status === "stopped" || (record.status === "restorable" && mode === "suspend")) return record;
  requireStatus("stop", record.status, ["running", "restorable"]);
  requireIdle(engine, record, "stop");
  const { id } = record;
  if (record.status === "restorable") return operate(engine, id, "stop", (signal) => giveUpMemory(engine, id, signal));
  const live = engine.live.get(id);
  update(engine, id, { status: "stopping" });
  return operate(engine, id, "stop", async (signal, step) => {
    if (live && mode === "suspend") return suspend(engine, record, live, signal, step);
    return shutDown(engine, id, live, signal, step);
  });
};

/** From a guest that is told to power off to a computer that is `stopped`. */
export const shutDown = async (
  engine: Engine,
  id: string,
  live: Live | undefined,
  signal: AbortSignal,
  step: Step,
): Promise<ComputerRecord> => {
  step("power-off");
  if (live) {
    await keepProfile(engine, engine.store.computers.require(id), live, { close: true }, signal);
    await powerOff(engine, id, live, signal);
  }
  refuseInterrupted(signal);
  step("ended");
  return update(engine, id, { status: "stopped", machine: null, stopped_at: new Date().toISOString() });
};

const giveUpMemory = async (engine: Engine, id: string, signal: AbortSignal): Promise<ComputerRecord> => {
  await rm(stateFile(engine.directory(id)), { force: true });
  refuseInterrupted(signal);
  return update(engine, id, { status: "stopped", suspended: null });
};

/** Its directory is about to go; an end of the service changes nothing. */
const refuseInterrupted = (signal: AbortSignal): void => {
  if (signal.aborted && !isEnding(signal)) throw new VitrineError("wrong_state", { status: "deleting", verb: "stop", needs: "left alone" });
};

const suspend = async (engine: Engine, record: ComputerRecord, live: Live, signal: AbortSignal, step: Step): Promise<ComputerRecord> => {
  const { id } = record;
  const { machine, guest } = live;
  step("suspend");
  // It may be deleted before it runs again.
  await keepProfile(engine, record, live, { close: false }, signal);
  await flush(engine, id, live, signal);
  guest.hold(true);
  try {
    await machine.pause();
    await machine.saveState(stateFile(engine.directory(id)), signal);
  } catch (error) {
    refuseInterrupted(signal);
    engine.log.error({ computer: id, err: error }, "suspend failed");
    await goOn(engine, id, live, signal, error);
    throw asVitrineError(error);
  }
  step("saved");
  detach(engine, id, live);
  await machine.kill();
  refuseInterrupted(signal);
  step("ended");
  const suspended = { memory: memoryBelow(machine.record) };
  return update(engine, id, { status: "restorable", machine: null, suspended, stopped_at: new Date().toISOString() });
};

/** What programs have written is in the disks: the memory may be given up later, or not be loaded any more. */
const flush = (engine: Engine, id: string, live: Live, signal: AbortSignal): Promise<void> =>
  sync(live, { user: "root", paths: ["/home/ohm", "/"], ms: SYNC_MS }, signal).catch((error) => {
    refuseInterrupted(signal);
    engine.log.warn({ computer: id, err: error }, "suspended without a sync");
  });

/** A machine that could not be suspended runs on; one that cannot do that either is gone. */
const goOn = async (engine: Engine, id: string, live: Live, signal: AbortSignal, cause: unknown): Promise<void> => {
  try {
    await live.machine.resume();
  } catch (error) {
    // One that does not answer is there still, and goes on when it does.
    if (asVitrineError(error).code === "timeout") return stillRuns(engine, id, live, signal);
    detach(engine, id, live);
    await live.machine.kill();
    refuseInterrupted(signal);
    update(engine, id, { status: "error", machine: null, stopped_at: new Date().toISOString(), last_error: lastErrorOf(cause) });
    return;
  }
  stillRuns(engine, id, live, signal);
};

const stillRuns = (engine: Engine, id: string, live: Live, signal: AbortSignal): void => {
  refuseInterrupted(signal);
  live.guest.hold(false);
  update(engine, id, { status: "running" });
};

const powerOff = async (engine: Engine, id: string, live: Live, parent: AbortSignal): Promise<void> => {
  const signal = AbortSignal.any([parent, AbortSignal.timeout(POWER_OFF_MS)]);
  const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  try {
    await live.guest.powerOff(signal);
    await Promise.race([live.machine.exited, aborted]);
  } catch (error) {
    engine.log.warn({ computer: id, err: error }, "guest does not power off by itself");
  }
  // The next service sees to the rest.
  if (isEnding(parent)) throw parent.reason;
  detach(engine, id, live);
  await live.machine.kill();
};
