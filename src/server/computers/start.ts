import { VitrineError } from "../../contract/errors.ts";
import { boot, machineSpec } from "./boot.ts";
import { type Engine, operate, update } from "./engine.ts";
import type { ComputerRecord } from "./record.ts";
import { requireStatus } from "./state.ts";

/** Starts a stopped computer, or one in error, from its disks. Starting a running one is a success. */
export const start = async (engine: Engine, idOrName: string): Promise<ComputerRecord> => {
  const record = engine.store.computers.require(idOrName);
  if (record.status === "running") return record;
  requireStatus("start", record.status, ["stopped", "error"]);
  engine.admit(record);
  update(engine, record.id, { status: "starting" });
  return operate(engine, record.id, "start", async (signal, step) => {
    try {
      await engine.machines.halt(engine.directory(record.id), record.machine);
      return await boot(engine, record, await machineSpec(engine, record, signal), signal, step);
    } catch (cause) {
      const error = cause instanceof VitrineError ? cause : new VitrineError("machine_failed", { reason: (cause as Error).message });
      if (engine.store.computers.require(record.id).status === "starting")
        update(engine, record.id, { status: "error", machine: null, last_error: { code: error.code, message: error.message } });
      throw error;
    }
  });
};
