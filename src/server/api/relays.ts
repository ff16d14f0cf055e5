import { VitrineError } from "../../contract/errors.ts";
import type { Limits } from "../setup/limits.ts";

/** The open relays (CDP, display) of each computer, so that they end with what let them in. */
export class OpenRelays {
  readonly #limits: Pick<Limits, "sockets" | "socketsPerComputer">;
  #open = new Set<{ computerId: string; linkId: string | null; abort: AbortController }>();

  constructor(limits: Pick<Limits, "sockets" | "socketsPerComputer">) {
    this.#limits = limits;
  }

  /**
   * A signal for one relay; it aborts when its computer stops, its link is revoked, or the key that opened it has `ended`. `release` when the relay has ended by
   * itself. Throws too_many_connections.
   */
  add(computerId: string, linkId: string | null, ended: AbortSignal | null): { signal: AbortSignal; release: () => void } {
    const { sockets, socketsPerComputer } = this.#limits;
    if (this.#open.size >= sockets) throw new VitrineError("too_many_connections", { reason: `${sockets} WebSockets are open` });
    const own = [...this.#open].filter((entry) => entry.computerId === computerId).length;
    if (own >= socketsPerComputer)
      throw new VitrineError("too_many_connections", { reason: `${own} WebSockets of this computer are open` });
    const entry = { computerId, linkId, abort: new AbortController() };
    this.#open.add(entry);
    return { signal: AbortSignal.any([entry.abort.signal, ...(ended ? [ended] : [])]), release: () => void this.#open.delete(entry) };
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
