const RETRY_MS = [300, 1000, 2000, 4000, 8000];

/** Waits before the next attempt (0 is the first), longer each time, until `signal` aborts or the browser is online again. */
export const pauseBefore = (attempt: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const ms = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] as number;
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      resolve();
    };
    // Spread, so that all pages do not come back to a service that was restarted at once.
    const timer = setTimeout(end, ms * (0.75 + Math.random() / 2));
    addEventListener("online", end);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
