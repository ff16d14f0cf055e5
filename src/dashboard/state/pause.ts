import { sleep } from "./sleep.ts";

const RETRY_MS = [300, 1000, 2000, 4000, 8000];

/** Waits before the next attempt (0 is the first), longer each time, until `signal` aborts or the browser is online again. */
export const pauseBefore = async (attempt: number, signal: AbortSignal): Promise<void> => {
  const ms = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] as number;
  const over = new AbortController();
  const end = () => over.abort();
  addEventListener("online", end, { signal: over.signal });
  // Spread, so that all pages do not come back to a service that was restarted at once.
  await sleep(ms * (0.75 + Math.random() / 2), AbortSignal.any([signal, over.signal]));
  end();
};
