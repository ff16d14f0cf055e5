const MINUTE_MS = 60_000;

/**
 * So many a minute, for each of many names: up to a minute's worth at once, then as they come back, evenly (the generic cell rate algorithm: one
 * number for each name). It answers at once, without a timer or a promise, so that a request is refused before anything of it is read; and it
 * remembers a bounded number of names, as those that strangers choose may be many.
 */
export class RateLimit {
  /** When all that a name has taken will have come back. What is over is as good as not there. */
  readonly #full = new Map<string, number>();
  readonly #now: () => number;
  readonly #most: number;

  constructor(now: () => number = () => performance.now(), most = 10_000) {
    this.#now = now;
    this.#most = most;
  }

  /** Milliseconds until there is one more to take; 0: now. */
  wait(name: string, perMinute: number): number {
    const owed = (this.#full.get(name) ?? 0) - this.#now();
    return Math.max(0, Math.ceil(owed - (MINUTE_MS - MINUTE_MS / perMinute)));
  }

  /** Takes one where there is one; answers as `wait`, which is 0 when it was taken. */
  take(name: string, perMinute: number): number {
    const wait = this.wait(name, perMinute);
    if (wait > 0) return wait;
    const now = this.#now();
    const full = Math.max(this.#full.get(name) ?? 0, now) + MINUTE_MS / perMinute;
    // Taken out first, so that the oldest in use are the first in the map.
    this.#full.delete(name);
    if (this.#full.size >= this.#most) this.#forget(now);
    this.#full.set(name, full);
    return 0;
  }

  #forget(now: number): void {
    for (const [name, full] of this.#full) if (full <= now) this.#full.delete(name);
    for (const name of this.#full.keys()) {
      if (this.#full.size < this.#most) return;
      this.#full.delete(name);
    }
  }
}
