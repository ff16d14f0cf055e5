/** Random numbers that a seed brings back (mulberry32). */
export class Random {
  #state: number;

  /** `stream` tells those that have one seed from each other. */
  constructor(seed: number, stream: number) {
    this.#state = (seed ^ Math.imul(stream + 1, 0x9e3779b1)) >>> 0;
  }

  /** From 0 to 1, which it never is. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(of: readonly T[]): T | undefined {
    return of[this.below(of.length)];
  }

  /** One of them, as often as its weight says. */
  weighed<T extends { weight: number }>(of: readonly T[]): T | undefined {
    let left = this.next() * of.reduce((sum, { weight }) => sum + weight, 0);
    return of.find(({ weight }) => {
      left -= weight;
      return left < 0;
    });
  }

  bytes(count: number): Buffer {
    const words = new Uint32Array(Math.ceil(count / 4)).map(() => this.next() * 2 ** 32);
    return Buffer.from(words.buffer, 0, count);
  }
}
