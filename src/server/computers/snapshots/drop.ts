import { type Engine, reached, type Step } from "../engine.ts";
import { haltedSpec } from "./halted.ts";

/** Removes what the computer's disk keeps under the name, and then its record. May be repeated. */
export const drop = async (engine: Engine, computerId: string, name: string, signal: AbortSignal, step: Step): Promise<void> => {
  const live = reached(engine, computerId, "discard");
  engine.store.snapshots.mark(name, "partial");
  step("marked");
  if (live) await live.machine.dropSnapshot("workspace", name);
  else await engine.machines.snapshots.drop(await haltedSpec(engine, computerId), "workspace", name, signal);
  step("dropped");
  engine.store.snapshots.remove(name);
};
