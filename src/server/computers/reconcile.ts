import { existsSync } from "node:fs";
import { VitrineError } from "../../contract/errors.ts";
import { withDeadline } from "../deadline.ts";
import type { Machine } from "../machine/machine.ts";
import { bootId } from "../process/identity.ts";
import type { JournalEntry } from "../store/journal.ts";
import { attach } from "./attach.ts";
import { machineSpec } from "./boot.ts";
import { removeKept } from "./delete.ts";
import { type Engine, lastErrorOf, operate, update } from "./engine.ts";
import { OF_A_FORK } from "./fork.ts";
import { releaseHeld } from "./hold.ts";
import { keptBy } from "./profile/use.ts";
import type { ComputerRecord } from "./record.ts";
import { resumeAgain } from "./restore.ts";
import { settleSnapshots } from "./snapshots/settle.ts";
import { shutDown } from "./stop.ts";
import { memoryBelow, stateFile } from "./suspended.ts";
import { sweep } from "./sweep.ts";

const ADOPT_MS = 15_000;

/**
 * Makes true what the store says after the service was away: adopts what runs, finishes or undoes what was under way. What takes its time, the end of a shutdown and of a
 * resume, goes on after this as the verb that it is. It may be cut off itself, at any point, and is then done again.
 */
export const reconcile = async (engine: Engine): Promise<void> => {
  const under = Map.groupBy(engine.store.journal.open(), ({ computer_id }) => computer_id);
  for (const entry of [...under.values()].flat()) engine.log.warn(entry, "was under way when the service ended");
  await sweep(engine).catch((error) => engine.log.error({ err: error }, "what has no owner could not be removed"));
  engine.fault("reconcile:swept");
  engine.store.computers.forgetDeleted(new Date(Date.now() - 24 * 3600_000).toISOString());
  await Promise.all(
    engine.store.computers.living().map((record) =>
      settle(engine, record, under.get(record.id) ?? [])
        .then(() => settleSnapshots(engine, record.id))
        .catch((error) => engine.log.error({ computer: record.id, err: error }, "could not be put in order")),
    ),
  );
  engine.fault("reconcile:settled");
  // What goes on has its own end, which does this.
  for (const { computer_id, verb } of [...under.values()].flat())
    if (!engine.operations.has(computer_id)) engine.store.journal.done(computer_id, verb);
};

const settle = async (engine: Engine, record: ComputerRecord, under: readonly JournalEntry[]): Promise<unknown> => {
  // Of a fork all copies are made, or none.
  if (under.some(({ verb, step }) => verb === "fork" && step === OF_A_FORK) && record.status !== "deleting") return undo(engine, record);
  switch (record.status) {
    case "running":
      return adopt(engine, record);
    case "creating":
      return undo(engine, record);
    case "deleting":
      return finishDelete(engine, record);
    case "starting":
      return park(engine, record, "stopped");
    case "stopping":
      return endStop(
        engine,
        record,
        under.some(({ step }) => step === "power-off"),
      );
    case "restoring":
      return endResume(engine, record);
    default:
      return engine.machines.halt(engine.directory(record.id), record.machine);
  }
};

const findAgain = async (engine: Engine, { id, machine }: ComputerRecord): Promise<Machine | null> => {
  if (!machine) return null;
  return withDeadline("Finding the machine again", ADOPT_MS, undefined, (signal) =>
    engine.machines.adopt(engine.directory(id), machine, signal),
  ).catch((error) => {
    engine.log.warn({ computer: id, err: error }, "running machine cannot be adopted");
    return null;
  });
};

const keepSuspended = async (engine: Engine, record: ComputerRecord, suspended: ComputerRecord["suspended"]): Promise<unknown> => {
  await engine.machines.halt(engine.directory(record.id), record.machine);
  return update(engine, record.id, { status: "restorable", machine: null, suspended, stopped_at: new Date().toISOString() });
};

/** A suspend is done when its state is there whole; otherwise the machine, which stands still, goes on. A guest that was told to power off is told again. */
const endStop = async (engine: Engine, record: ComputerRecord, isShutdown: boolean): Promise<unknown> => {
  if (existsSync(stateFile(engine.directory(record.id)))) return keepSuspended(engine, record, { memory: memoryBelow(record.machine) });
  const machine = await findAgain(engine, record);
  if (!machine) return park(engine, record, "stopped");
  if (!isShutdown) return goOn(engine, record, machine);
  const live = attach(engine, record, machine);
  goesOn(engine, record, "shutdown", () =>
    operate(engine, record.id, "stop", (signal, step) => shutDown(engine, record.id, live, signal, step)),
  );
};

/** A resume begins anew as long as its state is there. From then on the machine has it, and nothing else does. */
const endResume = async (engine: Engine, record: ComputerRecord): Promise<unknown> => {
  if (existsSync(stateFile(engine.directory(record.id)))) return keepSuspended(engine, record, record.suspended);
  const machine = await findAgain(engine, record);
  if (!machine || !record.image) return park(engine, record, "stopped");
  const spec = machineSpec(engine, record, record.image);
  goesOn(engine, record, "resume", () =>
    operate(engine, record.id, "start", (signal, step) => resumeAgain(engine, record, spec, machine, signal, step)),
  );
};

/** Lets the service begin meanwhile. */
const goesOn = (engine: Engine, record: ComputerRecord, what: string, work: () => Promise<unknown>): void => {
  void work().catch(async (error) => {
    engine.log.error({ computer: record.id, err: error }, `its ${what} could not be finished`);
    const now = engine.store.computers.get(record.id);
    if (now?.status === record.status) await park(engine, now, "error");
  });
};

const goOn = async (engine: Engine, record: ComputerRecord, machine: Machine): Promise<unknown> => {
  await machine.resume();
  releaseHeld(engine, record.id, attach(engine, record, machine));
  return update(engine, record.id, { status: "running" });
};

const adopt = async (engine: Engine, record: ComputerRecord): Promise<unknown> => {
  const saved = record.machine;
  const machine = await findAgain(engine, record);
  // After a reboot of the host nothing failed: it just is not running.
  if (!machine) return park(engine, record, saved && saved.identity.boot_id !== bootId() ? "stopped" : "error");
  // It stands still when the service ended in the middle of a fork.
  await goOn(engine, record, machine);
  engine.log.info({ computer: record.id }, "adopted");
};

/** What a profile is to keep is asked of the machine while it is there. */
const finishDelete = async (engine: Engine, record: ComputerRecord): Promise<unknown> => {
  const machine = keptBy(record) && record.started_at !== null ? await findAgain(engine, record) : null;
  if (machine) {
    await machine.resume().catch(() => {});
    attach(engine, record, machine);
  }
  return operate(engine, record.id, "delete", (signal, step) => removeKept(engine, record, signal, step));
};

/** It is as if it had never been asked for: who asks with the same Idempotency-Key again gets a new one. */
const undo = (engine: Engine, record: ComputerRecord): Promise<unknown> => {
  const error = new VitrineError("machine_failed", { reason: "the service ended while the computer was being created" });
  engine.store.idempotency.forget(record.id);
  update(engine, record.id, { status: "deleting", last_error: lastErrorOf(error) });
  return finishDelete(engine, record);
};

/** Nothing of the machine runs any more; the disks are kept. */
const park = async (engine: Engine, record: ComputerRecord, status: "stopped" | "error"): Promise<void> => {
  await engine.machines.halt(engine.directory(record.id), record.machine);
  const error = new VitrineError("machine_failed", { reason: "it was not running any more when the service came back" });
  update(engine, record.id, {
    status,
    machine: null,
    stopped_at: new Date().toISOString(),
    ...(status === "error" && { last_error: lastErrorOf(error) }),
  });
};
