import { existsSync } from "node:fs";
import { VitrineError } from "../../contract/errors.ts";
import { withDeadline } from "../deadline.ts";
import type { Machine } from "../machine/machine.ts";
import { bootId } from "../process/identity.ts";
import { attach } from "./attach.ts";
import { removeAll } from "./delete.ts";
import { type Engine, operate, update } from "./engine.ts";
import type { ComputerRecord } from "./record.ts";
import { memoryBelow, stateFile } from "./suspended.ts";

const ADOPT_MS = 15_000;

/** Makes true what the store says after the service was away: adopts what runs, finishes or undoes what was under way. */
export const reconcile = async (engine: Engine): Promise<void> => {
  const steps = new Map<string, string>();
  for (const entry of engine.store.journal.open()) {
    engine.log.warn(entry, "was under way when the service ended");
    steps.set(entry.computer_id, entry.step);
    engine.store.journal.done(entry.computer_id, entry.verb);
  }
  await sweep(engine);
  engine.store.computers.forgetDeleted(new Date(Date.now() - 24 * 3600_000).toISOString());
  await Promise.all(
    engine.store.computers
      .living()
      .map((record) =>
        settle(engine, record, steps.get(record.id)).catch((error) =>
          engine.log.error({ computer: record.id, err: error }, "could not be put in order"),
        ),
      ),
  );
};

/** Directories of computers that nobody has a record of: those that waited to be claimed, or whose record was lost. */
const sweep = async (engine: Engine): Promise<void> => {
  for (const id of await engine.directories()) {
    const known = engine.store.computers.get(id);
    if (known && known.status !== "deleted") continue;
    engine.log.warn({ computer: id }, "removing what nobody knows of");
    await engine.machines.destroy(engine.directory(id), null);
  }
};

const settle = (engine: Engine, record: ComputerRecord, step: string | undefined): Promise<unknown> => {
  switch (record.status) {
    case "running":
      return adopt(engine, record);
    case "creating":
      return undo(engine, record);
    case "deleting":
      return operate(engine, record.id, "delete", (_signal, step) => removeAll(engine, record.id, step));
    case "starting":
      return park(engine, record, "stopped");
    case "stopping":
      return step === "suspend" ? endSuspend(engine, record) : park(engine, record, "stopped");
    case "restoring":
      return existsSync(stateFile(engine.directory(record.id)))
        ? keepSuspended(engine, record, record.suspended)
        : park(engine, record, "stopped");
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

/** A suspend is done when its state is there whole; otherwise the machine, which stands still, goes on. */
const endSuspend = async (engine: Engine, record: ComputerRecord): Promise<unknown> => {
  if (existsSync(stateFile(engine.directory(record.id)))) return keepSuspended(engine, record, { memory: memoryBelow(record.machine) });
  const machine = await findAgain(engine, record);
  if (!machine) return park(engine, record, "stopped");
  await machine.resume();
  attach(engine, record, machine);
  return update(engine, record.id, { status: "running" });
};

const adopt = async (engine: Engine, record: ComputerRecord): Promise<void> => {
  const saved = record.machine;
  const machine = await findAgain(engine, record);
  // After a reboot of the host nothing failed: it just is not running.
  if (!machine) return park(engine, record, saved && saved.identity.boot_id !== bootId() ? "stopped" : "error");
  // It stands still when the service ended in the middle of a fork.
  await machine.resume();
  attach(engine, record, machine);
  update(engine, record.id, {});
  engine.log.info({ computer: record.id }, "adopted");
};

const undo = (engine: Engine, record: ComputerRecord): Promise<unknown> => {
  const error = new VitrineError("machine_failed", { reason: "the service ended while the computer was being created" });
  update(engine, record.id, { status: "deleting", last_error: { code: error.code, message: error.message } });
  return operate(engine, record.id, "delete", (_signal, step) => removeAll(engine, record.id, step));
};

/** Nothing of the machine runs any more; the disks are kept. */
const park = async (engine: Engine, record: ComputerRecord, status: "stopped" | "error"): Promise<void> => {
  await engine.machines.halt(engine.directory(record.id), record.machine);
  const error = new VitrineError("machine_failed", { reason: "it was not running any more when the service came back" });
  update(engine, record.id, {
    status,
    machine: null,
    stopped_at: new Date().toISOString(),
    ...(status === "error" && { last_error: { code: error.code, message: error.message } }),
  });
};
