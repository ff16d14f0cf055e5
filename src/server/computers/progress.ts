import type { Progress } from "../progress.ts";
import type { Engine } from "./engine.ts";

/** Milliseconds between two events: a build of packages has a line for each. */
const PAUSE_MS = 2000;

/** Tells the timeline how what a computer waits for gets on: the building of an image, of a template. */
export const tellProgress = ({ emit }: Pick<Engine, "emit">, id: string): Progress => {
  let told = Number.NEGATIVE_INFINITY;
  return ({ step, message, percent }) => {
    if (performance.now() - told < PAUSE_MS) return;
    told = performance.now();
    emit({ type: "computer.progress", computer_id: id, data: { step, message, ...(percent !== undefined && { percent }) } });
  };
};
