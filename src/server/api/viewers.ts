/** How many people watch each computer's display now. */
export class Viewers {
  readonly #counts = new Map<string, number>();
  readonly #listeners = new Set<(computerId: string) => void>();

  count(computerId: string): number {
    return this.#counts.get(computerId) ?? 0;
  }

  /** One more; answers the way to leave, which is taken once. */
  enter(computerId: string): () => void {
    this.#change(computerId, 1);
    return () => this.#change(computerId, -1);
  }

  /** Calls back with the computer's id when a count has changed. */
  onChange(listener: (computerId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #change(computerId: string, by: number): void {
    const count = this.count(computerId) + by;
    if (count > 0) this.#counts.set(computerId, count);
    else this.#counts.delete(computerId);
    for (const listener of [...this.#listeners]) listener(computerId);
  }
}
