import type { Snapshot } from "../../../contract/snapshots.ts";
import { type Engine, isEnding, operate, requireIdle, type Step, update } from "../engine.ts";
import type { ComputerRecord } from "../record.ts";
import { requireStatus } from "../state.ts";
import { stop } from "../stop.ts";
import { haltedSpec } from "./halted.ts";

/** Makes the disk of a computer that does not run what it was. It is marked until that is done, so that a service that comes back does it again. */
export const apply = async (engine: Engine, computerId: string, id: string, signal: AbortSignal, step: Step): Promise<void> => {
  const { snapshots } = engine.store;
  const spec = await haltedSpec(engine, computerId);
  snapshots.mark(id, "applying");
  step("marked");
  try {
    await engine.machines.snapshots.apply(spec, "workspace", id, signal);
    step("applied");
  } finally {
    if (!isEnding(signal)) snapshots.mark(id, "whole");
  }
};

/** Makes the workspace of a computer what it was. Its memory, which has the later one mounted, is given up. */
export const restoreSnapshot = async (engine: Engine, record: ComputerRecord, { id }: Pick<Snapshot, "id">): Promise<ComputerRecord> => {
  if (record.status === "restorable") return restoreSnapshot(engine, await stop(engine, record, "shutdown"), { id });
  requireStatus("revert", record.status, ["stopped", "error"]);
  requireIdle(engine, record, "revert");
  return operate(engine, record.id, "revert", async (signal, step) => {
    await apply(engine, record.id, id, signal, step);
    return update(engine, record.id, { status: "stopped" });
  });
};
