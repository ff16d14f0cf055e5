import type { Machine } from "../machine/machine.ts";
import { setClock } from "./clock.ts";
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
  live: Live,
  signal: AbortSignal,
  work: (machine: Machine) => Promise<T>,
): Promise<T> => {
  const { machine, guest } = live;
  guest.hold(true);
  const began = performance.now();
  try {
    await machine.pause();
    return await work(machine);
  } finally {
    await machine.resume().finally(() => guest.hold(false));
    engine.log.info({ computer: id, ms: Math.round(performance.now() - began) }, `held still for ${verb}`);
    await setClock(engine, id, live, signal);
  }
};
