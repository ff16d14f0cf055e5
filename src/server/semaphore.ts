import type { VitrineError } from "../contract/errors.ts";

export interface SemaphoreOptions {
  /** How many are let in at one time. */
  most: number;
  /** How many may wait. */
  waiting: number;
  /** Milliseconds that one waits at most. */
  waitMs: number;
  /** What one is told for whom there is no room, or who has waited too long. */
  refusal(reason: string): VitrineError;
}

interface Waiter {
  letIn: () => void;
}

/** Lets a number of things be done at one time, the others in the order in which they came. */
export class Semaphore {
  readonly options: SemaphoreOptions;
  readonly #waiters = new Set<Waiter>();
  #inside = 0;

  constructor(options: SemaphoreOptions) {
    this.options = options;
  }

  get inside(): number {
    return this.#inside;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /** Throws the refusal when neither a place nor room to wait is left. */
  requireRoom(): void {
    const { most, waiting, refusal } = this.options;
    if (this.#inside >= most && this.waiting >= waiting) throw refusal(`${this.#inside} are under way and ${this.waiting} wait`);
  }

  /** Resolves when it is one's turn, with the way to leave, which is taken once. Rejects with the refusal, or with the reason of `signal`. */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    this.requireRoom();
    if (this.#inside < this.options.most) this.#inside++;
    else await this.#wait(signal);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#leave();
    };
  }

  /** Whoever leaves hands the place on, so that nobody who comes just then gets it first. */
  #leave(): void {
    const [next] = this.#waiters;
    if (next) next.letIn();
    else this.#inside--;
  }

  #wait(signal: AbortSignal): Promise<void> {
    const { waitMs, refusal } = this.options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = (error: unknown) => {
      done();
      reject(error);
    };
    const onAbort = () => giveUp(signal.reason);
    const timer = setTimeout(() => giveUp(refusal(`the turn did not come within ${waitMs / 1000} s`)), waitMs);
    const waiter: Waiter = {
      letIn: () => {
        done();
        resolve();
      },
    };
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      this.#waiters.delete(waiter);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    this.#waiters.add(waiter);
    return promise;
  }
}
