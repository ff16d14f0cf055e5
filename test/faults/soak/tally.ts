/** How often things were done, and how each ended. */
export class Tally {
  readonly #rows = new Map<string, Map<string, number>>();

  count(what: string, outcome: string): void {
    const row = this.#rows.get(what) ?? new Map<string, number>();
    this.#rows.set(what, row);
    row.set(outcome, (row.get(outcome) ?? 0) + 1);
  }

  get(what: string, outcome: string): number {
    return this.#rows.get(what)?.get(outcome) ?? 0;
  }

  total(): number {
    return this.rows().reduce((sum, { total }) => sum + total, 0);
  }

  rows(): { what: string; total: number; outcomes: Record<string, number> }[] {
    return [...this.#rows]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([what, outcomes]) => ({
        what,
        total: [...outcomes.values()].reduce((sum, count) => sum + count, 0),
        outcomes: Object.fromEntries(outcomes),
      }));
  }
}
