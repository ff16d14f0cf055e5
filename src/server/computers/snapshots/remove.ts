import type { Snapshot } from "../../../contract/snapshots.ts";
import { type Engine, operate, requireIdle } from "../engine.ts";
import type { ComputerRecord } from "../record.ts";
import { requireStatus } from "../state.ts";
import { drop } from "./drop.ts";

/** Deletes a snapshot; what nothing else needs of it is the host's again. */
export const removeSnapshot = async (engine: Engine, record: ComputerRecord, { id }: Snapshot): Promise<void> => {
  requireStatus("discard", record.status, ["running", "restorable", "stopped", "error"]);
  requireIdle(engine, record, "discard");
  await operate(engine, record.id, "discard", (signal, step) => drop(engine, record.id, id, signal, step));
};
