import { VitrineError } from "../../contract/errors.ts";
import { withDeadline } from "../deadline.ts";
import { bootId } from "../process/identity.ts";
import { attach } from "./attach.ts";
import { removeAll } from "./delete.ts";
import { type Engine, operate, update } from "./engine.ts";
import type { ComputerRecord } from "./record.ts";

const ADOPT_MS = 15_000;

/** Makes true what the store says after the service was away: adopts what runs, finishes or undoes what was under way. */
export const reconcile = async (engine: Engine): Promise<void> => {
  for (const entry of engine.store.journal.open()) {
    engine.log.warn(entry, "was under way when the service ended");
    engine.store.journal.done(entry.computer_id, entry.verb);
  }
  engine.store.computers.forgetDeleted(new Date(Date.now() - 24 * 3600_000).toISOString());
  await Promise.all(
    engine.store.computers
      .living()
      .map((record) =>
        settle(engine, record).catch((error) => engine.log.error({ computer: record.id, err: error }, "could not be put in order")),
      ),
  );
};

const settle = (engine: Engine, record: ComputerRecord): Promise<unknown> => {
  switch (record.status) {
    case "running":
      return adopt(engine, record);
    case "creating":
      return undo(engine, record);
    case "deleting":
      return operate(engine, record.id, "delete", (_signal, step) => removeAll(engine, record.id, step));
    case "starting":
    case "stopping":
      return park(engine, record, "stopped");
    default:
      return engine.machines.halt(engine.directory(record.id), record.machine);
  }
};

const adopt = async (engine: Engine, record: ComputerRecord): Promise<void> => {
  const saved = record.machine;
  const machine =
    saved &&
    (await withDeadline("Finding the machine again", ADOPT_MS, undefined, (signal) =>
      engine.machines.adopt(engine.directory(record.id), saved, signal),
    ).catch((error) => {
      engine.log.warn({ computer: record.id, err: error }, "running machine cannot be adopted");
      return null;
    }));
  // After a reboot of the host nothing failed: it just is not running.
  if (!machine) return park(engine, record, saved && saved.identity.boot_id !== bootId() ? "stopped" : "error");
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
