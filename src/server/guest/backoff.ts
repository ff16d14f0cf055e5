import { setTimeout as sleep } from "node:timers/promises";

const FIRST_MS = 50;
const LAST_MS = 1000;

/** Waits between tries of one thing: 50 ms at first, each time twice as long, at most 1 s. */
export class Backoff {
  #tries = 0;

  reset(): void {
    this.#tries = 0;
  }

  /** Rejects when `signal` aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    await sleep(Math.min(FIRST_MS * 2 ** this.#tries++, LAST_MS), undefined, { signal });
  }
}
