import { VitrineError } from "../../contract/errors.ts";
import type { Lane } from "../../contract/route.ts";
import { Semaphore } from "../semaphore.ts";
import type { Limits } from "../setup/limits.ts";

/**
 * What is under way on each computer, in a lane for each kind of call, so that long commands do not hold up a screenshot. A lane lets so many calls in at one time,
 * so many wait in the order in which they came, and the rest is refused.
 */
export class Lanes {
  readonly #limits: Pick<Limits, "calls" | "callsWaiting" | "callWaitS">;
  readonly #semaphores = new Map<string, Semaphore>();

  constructor(limits: Pick<Limits, "calls" | "callsWaiting" | "callWaitS">) {
    this.#limits = limits;
  }

  /** How many lanes are in use. */
  get size(): number {
    return this.#semaphores.size;
  }

  /** Resolves when it is the call's turn, with the way to leave. Throws too_many_requests; a client that goes away waits no more. */
  async enter(computerId: string, lane: Lane, signal: AbortSignal): Promise<() => void> {
    const key = `${computerId} ${lane}`;
    const semaphore = this.#semaphores.get(key) ?? this.#open(key, lane);
    try {
      const leave = await semaphore.enter(signal);
      return () => {
        leave();
        this.#tidy(key, semaphore);
      };
    } catch (error) {
      this.#tidy(key, semaphore);
      throw error;
    }
  }

  #open(key: string, lane: Lane): Semaphore {
    const { calls, callsWaiting, callWaitS } = this.#limits;
    const refusal = (reason: string) =>
      new VitrineError("too_many_requests", { reason: `of this computer's calls to its ${lane}, ${reason}` });
    const semaphore = new Semaphore({ most: calls, waiting: callsWaiting, waitMs: callWaitS * 1000, refusal });
    this.#semaphores.set(key, semaphore);
    return semaphore;
  }

  #tidy(key: string, semaphore: Semaphore): void {
    if (semaphore.inside === 0 && semaphore.waiting === 0 && this.#semaphores.get(key) === semaphore) this.#semaphores.delete(key);
  }
}
