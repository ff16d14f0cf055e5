import { VitrineError } from "../../contract/errors.ts";
import { detach, type Engine, operate, type Step, update } from "./engine.ts";
import { keepProfile } from "./profile/keep.ts";
import type { ComputerRecord } from "./record.ts";

/** Ends and removes all that a computer has. Its status is `deleting` already. Every step may be repeated. */
export const removeAll = async (engine: Engine, id: string, step: Step): Promise<ComputerRecord> => {
  const live = engine.live.get(id);
  if (live) detach(engine, id, live);
  const { machine, template } = engine.store.computers.require(id);
  const dir = engine.directory(id);
  step("halt");
  await engine.machines.halt(dir, machine);
  step("remove");
  await engine.machines.destroy(dir, machine);
  step("unrefer");
  if (template) await engine.unrefer(template, id);
  step("forget");
  engine.store.links.removeAll(id);
  engine.store.snapshots.removeAll(id);
  engine.store.ports.removeAll(id);
  return update(engine, id, { status: "deleted", machine: null, stopped_at: new Date().toISOString(), expires_at: null });
};

/** The same, with what its browser knows kept first where it has a profile. */
export const removeKept = async (engine: Engine, record: ComputerRecord, signal: AbortSignal, step: Step): Promise<ComputerRecord> => {
  const live = engine.live.get(record.id);
  if (live) await keepProfile(engine, record, live, { close: true }, signal);
  return removeAll(engine, record.id, step);
};

/** Deletes a computer whatever it is doing; a verb under way is aborted first. Repeating it, also at the same time, is a success. */
export const remove = async (engine: Engine, id: string): Promise<ComputerRecord> => {
  const record = engine.store.computers.require(id);
  const { status } = record;
  if (status === "deleted") return record;
  const under = engine.operations.get(id);
  if (status === "deleting") {
    await under?.done;
    const now = engine.store.computers.require(id);
    return now.status === "deleted" ? now : operate(engine, id, "delete", (_signal, step) => removeAll(engine, id, step));
  }
  update(engine, id, { status: "deleting" });
  return operate(engine, id, "delete", async (signal, step) => {
    if (!under) return removeKept(engine, record, signal, step);
    under.abort.abort(new VitrineError("wrong_state", { status: "deleting", verb: under.verb, needs: "left alone" }));
    // A profile that is being kept is kept first.
    await engine.keeping.get(id);
    // A verb that waits for a machine which does not answer waits no longer.
    await engine.live.get(id)?.machine.kill();
    await under.done;
    return removeAll(engine, id, step);
  });
};
