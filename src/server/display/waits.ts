/** One wait: over when it is done, when its signal aborts, or when all waits fail. */
export interface Wait {
  readonly promise: Promise<void>;
  done(): void;
}

/** The waits for something that may be lost. */
export class Waits {
  readonly #fails = new Set<(error: unknown) => void>();
  #lost: { error: unknown } | null = null;

  begin(signal?: AbortSignal): Wait {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Who began it may be gone by then.
    promise.catch(() => {});
    const end = () => {
      this.#fails.delete(fail);
      signal?.removeEventListener("abort", onAbort);
    };
    const fail = (error: unknown) => {
      end();
      reject(error);
    };
    const onAbort = () => fail(signal?.reason);
    const done = () => {
      end();
      resolve();
    };
    this.#fails.add(fail);
    if (this.#lost) fail(this.#lost.error);
    else if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
    return { promise, done };
  }

  /** All waits fail, those that are begun later too. */
  fail(error: unknown): void {
    this.#lost = { error };
    for (const fail of this.#fails) fail(error);
  }
}

/** `promise`, or the signal's reason when that comes first; what is waited for goes on. */
export const until = async <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> => {
  promise.catch(() => {});
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
};
