import type { Machine } from "../machine/machine.ts";
import { type Engine, type Live, reached } from "./engine.ts";

/** Holds a computer still, if it runs, for as long as `work` on what it is now takes. Throws wrong_state when it runs and is not reached. */
export const heldStill = async <T>(
  engine: Engine,
  id: string,
  verb: string,
  signal: AbortSignal,
  work: (machine: Machine | null) => Promise<T>,
): Promise<T> => {
  const live = reached(engine, id, verb);
  return live ? holding(engine, id, verb, live, signal, work) : work(null);
};

const holding = async <T>(
  engine: Engine,
  id: string,
  verb: string,
  { machine, guest }: Live,
  signal: AbortSignal,
  work: (machine: Machine) => Promise<T>,
): Promise<T> => {
  guest.hold(true);
  const began = performance.now();
  try {
    await machine.pause();
    return await work(machine);
  } finally {
    await machine.resume().finally(() => guest.hold(false));
    engine.log.info({ computer: id, ms: Math.round(performance.now() - began) }, `held still for ${verb}`);
    // Its clock stood still meanwhile.
    await guest
      .configure({ clock_ms: Date.now() }, signal)
      .catch((error) => engine.log.warn({ computer: id, err: error }, "clock not set"));
  }
};
