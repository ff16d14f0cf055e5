import { VitrineError } from "../contract/errors.ts";

/** Given to every call. */
export interface CallOptions {
  signal?: AbortSignal | undefined;
  /** Milliseconds until the answer must be whole or, for streams, until it must begin. 0: no limit. */
  timeoutMs?: number | undefined;
}

/** Starting and stopping a machine, and work on its disks: minutes on a host without hardware acceleration. */
export const MACHINE_TIMEOUT_MS = 10 * 60_000;
/** Of a call that says nothing else. */
export const DEFAULT_TIMEOUT_MS = 60_000;
/** A file that is read into memory. */
export const READ_TIMEOUT_MS = 10 * 60_000;

/** A time limit under way. */
export interface Deadline {
  signal: AbortSignal;
  /** Milliseconds that are left; Infinity without a limit. */
  left(): number;
  /** The answer has begun; from here only the caller's signal counts. */
  met(): void;
  release(): void;
}

/** A signal that aborts with the caller's, or with a `timeout` error when the time is up. Whoever makes one releases it. */
export const deadline = (what: string, { signal, timeoutMs = DEFAULT_TIMEOUT_MS }: CallOptions): Deadline => {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const expire = () => controller.abort(new VitrineError("timeout", { what, timeout_s: timeoutMs / 1000 }));
  const end = timeoutMs > 0 ? performance.now() + timeoutMs : Number.POSITIVE_INFINITY;
  const timer = timeoutMs > 0 ? setTimeout(expire, timeoutMs) : undefined;
  return {
    signal: controller.signal,
    left: () => end - performance.now(),
    met: () => clearTimeout(timer),
    release: () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    },
  };
};

/** What `work` makes, within the time; what comes too late is undone. */
export const within = async <T>(
  what: string,
  options: CallOptions,
  work: () => Promise<T>,
  undo: (made: T) => Promise<unknown>,
): Promise<T> => {
  const until = deadline(what, options);
  const made = work();
  const late = new Promise<never>((_, reject) => {
    until.signal.addEventListener("abort", () => reject(until.signal.reason), { once: true });
  });
  try {
    return await Promise.race([made, late]);
  } catch (error) {
    made.then(undo).catch(() => {});
    throw error;
  } finally {
    until.release();
  }
};
