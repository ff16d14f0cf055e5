import { combinationOf } from "./pointer.ts";
import { type Doers, pause } from "./step.ts";

/** One frame of a screen: pages see no more moves than that. */
const FRAME_MS = 16;
const DEFAULT_MS = 300;
/** Before the first move and after the last one, for pages that watch how long; a drag and drop of the browser's own needs the last. */
const REST_MS = 120;

type Point = readonly [x: number, y: number];
/** Where the pointer is to be, and when, in milliseconds from the start. */
export interface Waypoint {
  x: number;
  y: number;
  at: number;
}

/**
 * The path at an even speed over `durationMs`, with points between its own so that there is one for each frame. Its own points are all in it, in
 * order; the first is left out, as the pointer is there.
 */
export const waypoints = (path: readonly Point[], durationMs: number): Waypoint[] => {
  const lengths = path.slice(1).map(([x, y], i) => Math.hypot(x - path[i]![0], y - path[i]![1]));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const result: Waypoint[] = [];
  let before = 0;
  for (const [i, length] of lengths.entries()) {
    const [fromX, fromY] = path[i]!;
    const [toX, toY] = path[i + 1]!;
    // A path that never leaves its place is spread by its points.
    const share = total > 0 ? length / total : 1 / lengths.length;
    const steps = Math.max(1, Math.round((share * durationMs) / FRAME_MS));
    for (let step = 1; step <= steps; step++) {
      const part = step / steps;
      result.push({
        x: Math.round(fromX + (toX - fromX) * part),
        y: Math.round(fromY + (toY - fromY) * part),
        at: (before + share * part) * durationMs,
      });
    }
    before += share;
  }
  return result;
};

export const drag: Doers<"drag"> = {
  drag: async ({ hands, display, signal }, { path, button, keys, duration_ms = DEFAULT_MS }) => {
    hands.move(...path[0]!);
    const held = hands.hold(combinationOf(keys));
    hands.press(button);
    await display.flush(signal);
    await pause(REST_MS, signal);
    const start = performance.now();
    for (const { x, y, at } of waypoints(path, duration_ms)) {
      const early = at - (performance.now() - start);
      if (early >= FRAME_MS / 2) {
        await display.flush(signal);
        await pause(early, signal);
      }
      hands.move(x, y);
    }
    await display.flush(signal);
    await pause(REST_MS, signal);
    hands.release(button);
    hands.letGo(held);
    await display.flush(signal);
  },
};
