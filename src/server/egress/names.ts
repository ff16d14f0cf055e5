const MAX_ADDRESSES = 4096;
const MAX_NAMES = 32;

/** Which names an address was given as the answer for. Of one computer; the least recent is forgotten first. */
export class Names {
  readonly #names = new Map<string, Set<string>>();

  remember(address: string, name: string): void {
    const names = this.#names.get(address) ?? new Set();
    names.delete(name);
    names.add(name);
    if (names.size > MAX_NAMES) names.delete(names.values().next().value!);
    this.#names.delete(address);
    this.#names.set(address, names);
    if (this.#names.size > MAX_ADDRESSES) this.#names.delete(this.#names.keys().next().value!);
  }

  /** The latest first. */
  of(address: string): string[] {
    return [...(this.#names.get(address) ?? [])].reverse();
  }
}
