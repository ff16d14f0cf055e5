import { link, rm } from "node:fs/promises";
import { join } from "node:path";
import { VitrineError } from "../../contract/errors.ts";
import { type Caller, ownerOf } from "../auth/caller.ts";
import type { PerDisk } from "../disk.ts";
import { boot, machineSpec } from "./boot.ts";
import { make } from "./create.ts";
import { remove } from "./delete.ts";
import { type Engine, operate, requireIdle, type Step } from "./engine.ts";
import { generateId } from "./names.ts";
import { newRecord, writeDown } from "./new.ts";
import { withoutProfile } from "./profile/use.ts";
import { requireQuota, sizeOf } from "./quota.ts";
import type { ComputerRecord } from "./record.ts";
import { restore } from "./restore.ts";
import { requireStatus } from "./state.ts";
import { heldStill } from "./still.ts";
import { memoryBelow, stateFile } from "./suspended.ts";

/** What the journal says of each copy while its fork is under way. */
export const OF_A_FORK = "copy";

const stateOf = (dir: string): string => join(dir, `${generateId("fork")}.state`);
/** Whether a file of a computer's directory is a state that its copies begin from. */
export const isForkState = (name: string): boolean => /^fork_\w+\.state$/.test(name);

/** What the copies begin from. */
interface Cut {
  /** Disks that nobody writes to any more. */
  disks: PerDisk<string>;
  /** Memory and devices at that moment; null: of a computer that was shut down there are none. */
  state: { file: string; memory: string | null } | null;
}

/** A running computer is held still for as long as it takes to save what changed of its memory and disks. */
const cut = async (engine: Engine, { id, suspended }: ComputerRecord, signal: AbortSignal, step: Step): Promise<Cut> => {
  const dir = engine.directory(id);
  const file = stateOf(dir);
  // While it still runs: each copy would have to do it otherwise.
  await engine.live.get(id)?.guest.standby(false, signal);
  return heldStill(engine, id, "fork", signal, async (machine) => {
    try {
      if (machine) await machine.saveState(file, signal);
      if (machine) step("saved");
      const disks = await engine.machines.freezeDisks(dir);
      if (machine) step("frozen");
      if (machine) return { disks, state: { file, memory: memoryBelow(machine.record) } };
      if (!suspended) return { disks, state: null };
      await link(stateFile(dir), file);
      return { disks, state: { file, memory: suspended.memory } };
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
  });
};

const begin = async (
  engine: Engine,
  parent: ComputerRecord,
  copy: ComputerRecord,
  { disks, state }: Cut,
  signal: AbortSignal,
  step: Step,
) => {
  const { image, template } = parent;
  if (!image) throw new VitrineError("wrong_state", { status: parent.status, verb: "fork", needs: "made whole once" });
  const spec = machineSpec(engine, copy, image);
  step("prepare");
  await engine.machines.copy(spec, disks);
  step("refer");
  if (template) await engine.refer(template, copy.id, spec.dir);
  signal.throwIfAborted();
  if (!state) return boot(engine, copy, spec, signal, step);
  const secret = engine.guestSecret(parent.id);
  const origin = { state: { ...state, exact: false }, kind: "restored" as const, secret, saved: null, shared: true };
  return restore(engine, copy, spec, origin, signal, step);
};

/**
 * Makes `count` copies of a computer as it is now, each with an identity of its own. A running one is held still meanwhile and goes on. All are made, or none: when one fails, the
 * others are removed again. They are the caller's. `name` is what their names begin with.
 */
export const fork = async (
  engine: Engine,
  caller: Caller,
  parent: ComputerRecord,
  count: number,
  name?: string,
): Promise<ComputerRecord[]> => {
  requireStatus("fork", parent.status, ["running", "restorable", "stopped"]);
  requireIdle(engine, parent, "fork");
  requireQuota(engine, caller, sizeOf(parent.spec, count));
  return operate(engine, parent.id, "fork", async (signal, step) => {
    const copies: ComputerRecord[] = [];
    let taken: Cut | null = null;
    step("copies");
    try {
      for (let i = 1; i <= count; i++) {
        const copy = {
          ...newRecord(engine, {
            name: name && (count === 1 ? name : `${name}-${i}`),
            spec: withoutProfile(parent.spec),
            keyId: ownerOf(caller),
          }),
          image: parent.image,
          template: parent.template,
        };
        engine.admit(copy);
        writeDown(engine, copy);
        copies.push(copy);
        // Until all are made: one that is whole before is undone with the others.
        engine.store.journal.step(copy.id, "fork", OF_A_FORK);
        engine.fault("fork:copy");
      }
      step("cut");
      taken = await cut(engine, parent, signal, step);
      const from = taken;
      step("make");
      const made = await Promise.allSettled(
        copies.map((copy) =>
          make(engine, copy, "copy", (own, copyStep) => begin(engine, parent, copy, from, AbortSignal.any([own, signal]), copyStep)),
        ),
      );
      const failed = made.find((one) => one.status === "rejected");
      if (failed) throw failed.reason;
      step("made");
      return made.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    } catch (error) {
      await Promise.all(copies.map(({ id }) => remove(engine, id).catch(() => {})));
      throw error;
    } finally {
      engine.store.atomically(() => {
        for (const { id } of copies) engine.store.journal.done(id, "fork");
      });
      // The copies have links of their own to the disks.
      for (const file of taken ? [taken.state?.file, ...Object.values(taken.disks)] : []) if (file) await rm(file, { force: true });
    }
  });
};
