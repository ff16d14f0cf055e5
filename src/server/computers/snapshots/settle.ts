import { type Engine, operate } from "../engine.ts";
import { drop } from "./drop.ts";
import { apply } from "./restore.ts";

/** Finishes or undoes what was under way with a computer's snapshots when the service ended. Of one on which a verb goes on, that is left to the next time. */
export const settleSnapshots = async (engine: Engine, id: string): Promise<void> => {
  const { snapshots, computers } = engine.store;
  if (computers.require(id).status === "deleted" || engine.operations.has(id)) return;
  for (const one of snapshots.marked(id, "applying"))
    await operate(engine, id, "revert", (signal, step) => apply(engine, id, one, signal, step));
  for (const one of snapshots.marked(id, "partial"))
    await operate(engine, id, "discard", (signal, step) => drop(engine, id, one, signal, step));
};
