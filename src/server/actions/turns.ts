import { VitrineError } from "../../contract/errors.ts";

export interface Wait {
  /** What is waited for, as a timeout names it. */
  what: string;
  ms: number;
  signal: AbortSignal;
}

/** Runs work for the same key one after another; only the waiting has a limit. */
export type Turns = <T>(key: string, wait: Wait, work: () => Promise<T>) => Promise<T>;

/** A queue for each key. Who gives up waiting leaves the queue as it was. Errors: timeout. */
export const createTurns = (): Turns => {
  const last = new Map<string, Promise<void>>();
  return async (key, wait, work) => {
    const done = Promise.withResolvers<void>();
    const before = last.get(key);
    const mine = (before ?? Promise.resolve()).then(() => done.promise);
    last.set(key, mine);
    try {
      wait.signal.throwIfAborted();
      if (before) await until(before, wait);
      return await work();
    } finally {
      done.resolve();
      if (last.get(key) === mine) last.delete(key);
    }
  };
};

/** Waits for an event. Errors: timeout, and the signal's reason. */
export const until = async (event: Promise<void>, { what, ms, signal }: Wait): Promise<void> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = () => reject(signal.reason);
  const timer = setTimeout(() => reject(new VitrineError("timeout", { what, timeout_s: ms / 1000 })), ms);
  signal.addEventListener("abort", onAbort, { once: true });
  event.then(resolve, reject);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
};
