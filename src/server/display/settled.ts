import type { Display } from "./display.ts";

/**
 * Resolves when nothing was drawn on the display for `quietMs` milliseconds, or when `capMs` milliseconds have passed. A picture that moves for ever is as settled as
 * it gets. Rejects with the signal's reason.
 */
export const settled = (
  display: Pick<Display, "onDamage">,
  { quietMs, capMs }: { quietMs: number; capMs: number },
  signal: AbortSignal,
): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const end = (settle: () => void) => {
      clearTimeout(cap);
      clearTimeout(quiet);
      leave();
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    const onAbort = () => end(() => reject(signal.reason));
    const cap = setTimeout(() => end(resolve), capMs);
    const quiet = setTimeout(() => end(resolve), quietMs);
    const leave = display.onDamage(() => quiet.refresh());
    signal.addEventListener("abort", onAbort, { once: true });
  });
