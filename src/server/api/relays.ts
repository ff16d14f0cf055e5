import { VitrineError } from "../../contract/errors.ts";
import { alarm } from "../alarm.ts";
import type { Caller } from "../auth/caller.ts";
import { Cut } from "../relay/cut.ts";
import type { Limits } from "../setup/limits.ts";
import type { LinkRecord } from "../store/links.ts";

/** Close codes of what a link opened: 4001 when its time is up, 4003 when it was revoked. */
export const EXPIRED = 4001;
export const REVOKED = 4003;
/** Milliseconds that a link's end is told of in advance. */
const WARNING_MS = 30_000;

/** What is open: a connection to the browser or the display, a live page's state, a use of a published port, a file call by link, an attached terminal. */
export const RELAY_KINDS = ["cdp", "display", "live", "port", "files", "terminal"] as const;
export type RelayKind = (typeof RELAY_KINDS)[number];

export interface Opening {
  kind: RelayKind;
  computerId: string;
  /** What let it in; null: the API key, or nothing was needed. */
  link: LinkRecord | null;
  /** Who opened it, so that it ends with a key; absent: anybody may. */
  caller?: Caller;
  /** Of the guest, where it leads to a published one. */
  port?: number;
  /** It is a WebSocket, of which there may be so many. */
  socket?: boolean;
  /** It has its use while the computer is stopped, too. */
  outlivesStop?: boolean;
  /** Called half a minute before the link expires, or at once when that is past. */
  onEnding?: () => void;
}

/** All that is open by links or leads into computers (CDP, display, state streams, files, ports), so that it ends with what let it in. */
export class OpenRelays {
  readonly #limits: Pick<Limits, "sockets" | "socketsPerComputer">;
  readonly #open = new Set<Opening & { abort: AbortController; disarm: () => void }>();

  constructor(limits: Pick<Limits, "sockets" | "socketsPerComputer">) {
    this.#limits = limits;
  }

  /**
   * A signal for one of them; it aborts with a Cut when its computer stops, its link expires or is revoked, and with the key that opened it. `release` when it has ended by itself.
   * Throws too_many_connections.
   */
  add(opening: Opening): { signal: AbortSignal; release: () => void } {
    if (opening.socket) this.#requireRoom(opening.computerId);
    const alarms: (() => void)[] = [];
    const entry = { ...opening, abort: new AbortController(), disarm: () => alarms.forEach((off) => void off()) };
    const expiresAt = opening.link?.expires_at ? Date.parse(opening.link.expires_at) : null;
    if (expiresAt !== null) {
      alarms.push(alarm(expiresAt, () => this.#end((one) => one === entry, new Cut(EXPIRED, "the link has expired"))));
      if (opening.onEnding) alarms.push(alarm(expiresAt - WARNING_MS, opening.onEnding));
    }
    this.#open.add(entry);
    const release = () => {
      entry.disarm();
      this.#open.delete(entry);
    };
    const ended = opening.caller?.ended;
    return { signal: ended ? AbortSignal.any([entry.abort.signal, ended]) : entry.abort.signal, release };
  }

  #requireRoom(computerId: string): void {
    const { sockets, socketsPerComputer } = this.#limits;
    const open = [...this.#open].filter(({ socket }) => socket);
    if (open.length >= sockets) throw new VitrineError("too_many_connections", { reason: `${sockets} WebSockets are open` });
    const own = open.filter((entry) => entry.computerId === computerId).length;
    if (own >= socketsPerComputer)
      throw new VitrineError("too_many_connections", { reason: `${own} WebSockets of this computer are open` });
  }

  /** How many of a kind are open. */
  count(kind: RelayKind): number {
    return [...this.#open].filter((entry) => entry.kind === kind).length;
  }

  endComputer(id: string): void {
    this.#end((entry) => entry.computerId === id && !entry.outlivesStop, new Cut(1001, "the computer has stopped"));
  }

  endLink(id: string): void {
    this.#end((entry) => entry.link?.id === id, new Cut(REVOKED, "the link was revoked"));
  }

  endPort(computerId: string, port: number, which: "all" | "unlinked"): void {
    const gone = new Cut(REVOKED, "the port is not published any more");
    this.#end((entry) => entry.computerId === computerId && entry.port === port && (which === "all" || entry.link === null), gone);
  }

  endAll(): void {
    this.#end(() => true, new Cut(1001, "the service is stopping"));
  }

  #end(match: (entry: Opening) => boolean, why: Cut): void {
    for (const entry of this.#open) {
      if (!match(entry)) continue;
      this.#open.delete(entry);
      entry.disarm();
      entry.abort.abort(why);
    }
  }
}
