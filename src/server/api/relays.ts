/** The open relays (CDP, display) of each computer, so that they end with what let them in. */
export class OpenRelays {
  #open = new Set<{ computerId: string; linkId: string | null; abort: AbortController }>();

  /** A signal for one relay; it aborts when its computer stops or its link is revoked. `release` when the relay has ended by itself. */
  add(computerId: string, linkId: string | null): { signal: AbortSignal; release: () => void } {
    const entry = { computerId, linkId, abort: new AbortController() };
    this.#open.add(entry);
    return { signal: entry.abort.signal, release: () => void this.#open.delete(entry) };
  }

  endComputer(id: string): void {
    this.#end((entry) => entry.computerId === id, "the computer has stopped");
  }

  endLink(id: string): void {
    this.#end((entry) => entry.linkId === id, "the link was revoked");
  }

  endAll(): void {
    this.#end(() => true, "the service is stopping");
  }

  #end(match: (entry: { computerId: string; linkId: string | null }) => boolean, why: string): void {
    for (const entry of this.#open) {
      if (!match(entry)) continue;
      this.#open.delete(entry);
      entry.abort.abort(new Error(why));
    }
  }
}
