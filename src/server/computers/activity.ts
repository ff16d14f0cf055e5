/** What keeps a computer from being idle. */
export type HoldKind = "cdp" | "viewer" | "exec" | "file" | "action" | "port" | "terminal";

/** Who uses one running computer now, and since when nobody does. */
export class Activity {
  #holds = new Map<symbol, HoldKind>();
  #idleSince = Date.now();
  #onChange: () => void;

  /** `onChange` is called when the last hold ends and when the first begins. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** The computer is in use until the answered function is called (once; later calls do nothing). */
  hold(kind: HoldKind): () => void {
    const key = Symbol(kind);
    this.#holds.set(key, kind);
    if (this.#holds.size === 1) this.#onChange();
    return () => {
      if (!this.#holds.delete(key) || this.#holds.size > 0) return;
      this.#idleSince = Date.now();
      this.#onChange();
    };
  }

  /** How many use it so now. */
  count(kind: HoldKind): number {
    return [...this.#holds.values()].filter((held) => held === kind).length;
  }

  /** Milliseconds since the epoch when the last use ended, or null while in use. */
  get idleSince(): number | null {
    return this.#holds.size > 0 ? null : this.#idleSince;
  }
}
