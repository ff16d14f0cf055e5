import type { VitrineError } from "../../contract/errors.ts";
import type { Guest } from "../guest/guest.ts";
import type { Machine } from "../machine/machine.ts";
import { attach, whileAlive } from "./attach.ts";
import { detach, type Engine, isEnding, type Live, lastErrorOf, type Step, update } from "./engine.ts";
import type { Stopwatch } from "./phases.ts";
import type { ComputerRecord } from "./record.ts";

export interface BringUp {
  machine: Machine;
  /** The link to it, where its agent does not take the computer's own secret yet. */
  guest?: Guest;
  kind: "booted" | "restored" | "resumed";
  clock: Stopwatch;
  signal: AbortSignal;
  step: Step;
  /** Resolves when the computer is whole. */
  work(live: Live): Promise<void>;
  /** Said of a start that went another way than it should have. */
  lastError?: VitrineError | undefined;
}

/** From a machine that runs to a computer that is `running`. On failure nothing of the machine is left, unless the service ends: the next one finds it. */
export const bringUp = async (
  engine: Engine,
  record: ComputerRecord,
  { machine, guest, kind, clock, signal, step, work, lastError }: BringUp,
) => {
  let live: Live | null = null;
  try {
    live = attach(engine, record, machine, guest, true);
    await whileAlive(machine, work(live));
    // In force before anyone may use the browser.
    await whileAlive(machine, live.keeper?.applied ?? Promise.resolve());
    if (live.keeper) clock.done("options");
    signal.throwIfAborted();
    step("whole");
    return update(engine, record.id, {
      status: "running",
      started_at: new Date().toISOString(),
      stopped_at: null,
      last_error: lastError ? lastErrorOf(lastError) : null,
      suspended: null,
      start_kind: kind,
      ready_ms: clock.total(),
      ready_phases: clock.phases,
    });
  } catch (error) {
    if (live) detach(engine, record.id, live);
    // Its memory may be nowhere else.
    if (isEnding(signal)) {
      machine.release();
      throw error;
    }
    const console = await machine.console().catch(() => "");
    await machine.kill();
    engine.log.warn({ computer: record.id, err: error, state: live?.guest.state, console: console.slice(-2000) }, "start failed");
    throw error;
  }
};
