import type { Duplex } from "node:stream";
import { VitrineError } from "../../contract/errors.ts";
import type { Display, Displays } from "./display.ts";
import { withoutPointer } from "./pointerless.ts";
import { RfbClient } from "./rfb-client.ts";
import { until } from "./waits.ts";

export interface DisplaysOptions {
  /** A byte stream to the computer's VNC server. Errors: display_unavailable. */
  connect(computerId: string, signal: AbortSignal): Promise<Duplex>;
  /** Milliseconds that a display which nobody uses stays open. */
  idleMs?: number;
}

interface Open {
  client: Promise<RfbClient>;
  /** Ends the attempt to open it. */
  abort: AbortController;
  users: number;
  idle: NodeJS.Timeout | undefined;
}

const IDLE_MS = 10_000;

/** The displays that are open now. One that is lost is forgotten at once, and opened anew at its next use. */
export class OpenDisplays implements Displays {
  readonly #options: DisplaysOptions;
  readonly #open = new Map<string, Open>();

  constructor(options: DisplaysOptions) {
    this.#options = options;
  }

  async use<T>(computerId: string, signal: AbortSignal, work: (display: Display) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const open = this.#open.get(computerId) ?? this.#start(computerId);
    open.users++;
    clearTimeout(open.idle);
    try {
      return await work(await until(open.client, signal));
    } finally {
      open.users--;
      if (open.users === 0) this.#rest(computerId, open);
    }
  }

  /** Ends a computer's display, as when the computer stops. Who uses it gets display_unavailable. */
  close(computerId: string, reason = "the computer has stopped"): void {
    const open = this.#open.get(computerId);
    if (open) this.#end(computerId, open, reason);
  }

  closeAll(): void {
    for (const id of [...this.#open.keys()]) this.close(id, "the service is stopping");
  }

  #start(computerId: string): Open {
    const abort = new AbortController();
    const connect = async () => {
      const client = await RfbClient.connect(await this.#options.connect(computerId, abort.signal), abort.signal);
      client.withoutPointer = async (signal, work) => withoutPointer(await this.#options.connect(computerId, signal), signal, work);
      return client;
    };
    const open: Open = { client: connect(), abort, users: 0, idle: undefined };
    this.#open.set(computerId, open);
    const forget = () => {
      clearTimeout(open.idle);
      if (this.#open.get(computerId) === open) this.#open.delete(computerId);
    };
    open.client.then(({ closed }) => closed.then(forget), forget);
    return open;
  }

  /** Closes it in a while, unless it is used again, or holds text that something may still paste. */
  #rest(computerId: string, open: Open): void {
    if (this.#open.get(computerId) !== open) return;
    const onIdle = async () => {
      const client = await open.client;
      if (open.users > 0) return;
      if (client.holdsClipboard) this.#rest(computerId, open);
      else this.#end(computerId, open, "nobody used it");
    };
    clearTimeout(open.idle);
    open.idle = setTimeout(() => void onIdle().catch(() => {}), this.#options.idleMs ?? IDLE_MS).unref();
  }

  #end(computerId: string, open: Open, reason: string): void {
    clearTimeout(open.idle);
    if (this.#open.get(computerId) === open) this.#open.delete(computerId);
    const error = new VitrineError("display_unavailable", { reason });
    open.abort.abort(error);
    open.client.then(
      (client) => client.close(error),
      () => {},
    );
  }
}
