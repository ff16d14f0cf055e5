import { EventEmitter, once } from "node:events";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import type { BrowserState, GuestState } from "../../../src/contract/guest/protocol.ts";

/** A guest whose ports are ports of this host, and whose state the test sets. */
export class HostGuest {
  readonly ports = new Map<number, number>();
  /** Every stream handed out. */
  readonly streams: Duplex[] = [];
  #state: GuestState = { display: true, window: true, manager_starts: 1, browser: { status: "starting", starts: 0 } };
  #changes = new EventEmitter().setMaxListeners(0);

  get state(): GuestState {
    return this.#state;
  }

  setBrowser(browser: Omit<BrowserState, "starts">): void {
    this.#state = { ...this.#state, browser: { ...browser, starts: this.#state.browser.starts + 1 } };
    this.#changes.emit("change");
  }

  /** Says that Chromium is ready at this port. */
  ready({ port, wsPath }: { port: number; wsPath: string }): void {
    this.ports.set(9222, port);
    this.setBrowser({ status: "ready", ws_path: wsPath });
  }

  async waitFor(test: (state: GuestState) => boolean, signal: AbortSignal): Promise<GuestState> {
    while (!test(this.#state)) await once(this.#changes, "change", { signal });
    return this.#state;
  }

  async connect(port: number, signal: AbortSignal): Promise<Duplex> {
    const socket = connect({ host: "127.0.0.1", port: this.ports.get(port) ?? 1, allowHalfOpen: true, noDelay: true });
    this.streams.push(socket);
    await once(socket, "connect", { signal });
    return socket;
  }
}
