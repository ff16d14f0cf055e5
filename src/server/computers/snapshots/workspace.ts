import { VitrineError } from "../../../contract/errors.ts";
import type { Snapshot } from "../../../contract/snapshots.ts";
import { type Caller, sees } from "../../auth/caller.ts";
import type { MachineSpec } from "../../machine/machine.ts";
import { type Engine, operate, requireIdle } from "../engine.ts";
import { requireStatus } from "../state.ts";
import { heldStill } from "../still.ts";
import { haltedSpec } from "./halted.ts";

/** Throws snapshot_not_found, also for what is another's. */
export const findSnapshot = (engine: Engine, caller: Caller, id: string): Snapshot => {
  const snapshot = engine.store.snapshots.get(id);
  const parent = snapshot && engine.store.computers.get(snapshot.computer_id);
  if (!parent || !sees(caller, parent.id, parent.key_id)) throw new VitrineError("snapshot_not_found", { id });
  return snapshot;
};

/** Makes the workspace of a machine that is prepared and has not yet run what a snapshot of another computer has. A running one is held still while its disk is copied. */
export const fillWorkspace = async (engine: Engine, spec: MachineSpec, id: string, signal: AbortSignal): Promise<void> => {
  const { machines, store } = engine;
  const snapshot = store.snapshots.get(id);
  const parent = snapshot && store.computers.get(snapshot.computer_id);
  if (!parent) throw new VitrineError("snapshot_not_found", { id });
  const verb = "lend";
  requireStatus(verb, parent.status, ["running", "restorable", "stopped", "error"]);
  requireIdle(engine, parent, verb);
  const kept = store.snapshots.ids(parent.id);
  await operate(engine, parent.id, verb, async (held, step) => {
    // One that does not run may have been left in the middle of its end.
    if (parent.status !== "running") await haltedSpec(engine, parent.id);
    const copy = () => {
      step("held");
      return machines.snapshots.copyFrom(spec, "workspace", engine.directory(parent.id));
    };
    await heldStill(engine, parent.id, verb, AbortSignal.any([signal, held]), copy);
    held.throwIfAborted();
  });
  await machines.snapshots.apply(spec, "workspace", id, signal);
  for (const one of kept) await machines.snapshots.drop(spec, "workspace", one, signal);
  await machines.snapshots.grow(spec, "workspace", signal);
};
