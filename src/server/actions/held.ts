import type { Displays } from "../display/display.ts";

/** Milliseconds for which the display stays open for what a batch has left held. */
const HELD_MS = 10 * 60_000;

/**
 * Keeps a display open while a batch has left keys or buttons held on it: the X server lets go of them when the connection ends. Answers what is
 * called after each batch.
 */
export const createHeldKeeper = (displays: Displays, heldMs = HELD_MS) => {
  const kept = new Map<string, () => void>();
  return (computerId: string, hasHeld: boolean): void => {
    kept.get(computerId)?.();
    if (!hasHeld) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = (): void => {
      clearTimeout(timer);
      if (kept.get(computerId) === end) kept.delete(computerId);
      resolve();
    };
    const timer = setTimeout(end, heldMs).unref();
    kept.set(computerId, end);
    // When the display is gone, so is what was held on it.
    displays.use(computerId, new AbortController().signal, () => promise).catch(end);
  };
};
