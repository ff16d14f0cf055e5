import type { BrowserGuest } from "./endpoint.ts";
import { type BrowserWatch, watchBrowser } from "./watch.ts";

export interface WatchesPorts {
  /** The guest of a computer that runs and has a browser; null: there is none. */
  guestOf(computerId: string): BrowserGuest | null;
  /** Called with each watch; answers what is to be done at its end. */
  onWatch(computerId: string, news: BrowserWatch["news"]): () => void;
  log: { warn(details: object, message: string): void };
}

/**
 * The browsers that are watched, one watch for each computer, from when it runs until it does not any more. A create does not wait for it: who asked for the computer has it before
 * the watch connects.
 */
export class BrowserWatches {
  readonly #ports: WatchesPorts;
  readonly #open = new Map<string, { watch: BrowserWatch; end: () => void }>();

  constructor(ports: WatchesPorts) {
    this.#ports = ports;
  }

  /** Begins or ends the watch, as the computer now is. */
  follow(computerId: string): void {
    const guest = this.#ports.guestOf(computerId);
    if (!guest) this.#close(computerId);
    if (!guest || this.#open.has(computerId)) return;
    const warn = (error: unknown) => this.#ports.log.warn({ computer: computerId, err: error }, "a browser cannot be watched");
    const watch = watchBrowser(guest, warn);
    this.#open.set(computerId, { watch, end: this.#ports.onWatch(computerId, watch.news) });
  }

  /** Calls back with each page that the computer's browser goes to; answers a function that ends it. */
  onAddress(computerId: string, listener: (address: string) => void): () => void {
    const news = this.#open.get(computerId)?.watch.news.on("address", listener);
    return () => void news?.off("address", listener);
  }

  /** A client of the computer's browser has Runtime on; answers a function to be called when it has left. */
  hearExceptions(computerId: string): () => void {
    return this.#open.get(computerId)?.watch.hearExceptions() ?? (() => {});
  }

  closeAll(): void {
    for (const id of [...this.#open.keys()]) this.#close(id);
  }

  #close(computerId: string): void {
    const open = this.#open.get(computerId);
    this.#open.delete(computerId);
    open?.watch.close();
    open?.end();
  }
}
