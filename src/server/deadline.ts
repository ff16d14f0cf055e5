import { VitrineError } from "../contract/errors.ts";

/**
 * Runs `work` with a signal that aborts after `ms` milliseconds or with `parent`. When the time is up the answer is a `timeout` error that
 * names `what`, whatever `work` makes of its abort.
 */
export const withDeadline = async <T>(
  what: string,
  ms: number,
  parent: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  // It takes whole milliseconds.
  const timer = AbortSignal.timeout(Math.ceil(ms));
  const signal = parent ? AbortSignal.any([timer, parent]) : timer;
  const expired = Promise.withResolvers<never>();
  const onAbort = () =>
    expired.reject(timer.aborted ? new VitrineError("timeout", { what, timeout_s: Math.round(ms / 100) / 10 }) : signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  expired.promise.catch(() => {});
  try {
    return await Promise.race([work(signal), expired.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
};
