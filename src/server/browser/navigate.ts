import { VitrineError } from "../../contract/errors.ts";
import { type CdpEvent, CdpRefusal, type CdpSession, recordOf } from "./cdp-session.ts";

/** Milliseconds that a page gets to load; it is left to load on after that. */
const LOAD_MS = 30_000;
/** Milliseconds for Chromium to begin: a page may hold it up with a question to the person. */
const BEGIN_MS = 15_000;
/** Milliseconds for a loaded page to show itself. */
const FRAME_MS = 2000;

/** A page, attached to. */
export interface PageSession {
  session: CdpSession;
  sessionId: string;
  signal: AbortSignal;
}

const send = ({ session, sessionId, signal }: PageSession, method: string, params: object = {}, ms?: number) =>
  session.send(method, params, { signal, sessionId, ...(ms !== undefined && { ms }) });

/** The newest page in the tab's main frame, as its events tell it. */
class Loading {
  #loaded = new Set<string>();
  #committed: string | null = null;
  #arrived = false;
  #wake = () => {};
  readonly #stop: () => void;

  constructor({ session, sessionId }: PageSession) {
    this.#stop = session.onEvent((event) => {
      if (event.sessionId === sessionId) this.#take(event);
      this.#wake();
    });
  }

  #take({ method, params }: CdpEvent): void {
    if (method === "Page.lifecycleEvent" && params.name === "load" && typeof params.loaderId === "string") {
      if (this.#loaded.size < 100) this.#loaded.add(params.loaderId);
    } else if (method === "Page.frameNavigated") {
      const { parentId, loaderId } = recordOf(params.frame);
      if (parentId !== undefined) return;
      this.#committed = typeof loaderId === "string" ? loaderId : null;
      // A page from the cache was loaded long ago.
      if (params.type === "BackForwardCacheRestore") this.#arrived = true;
    } else if (method === "Page.navigatedWithinDocument") this.#arrived = true;
  }

  /** What went before the command counts no more. */
  reset(): void {
    this.#committed = null;
    this.#arrived = false;
  }

  /** Resolves when the page with this loader, or the one that came since the reset, has loaded, or after LOAD_MS. */
  async done(loaderId: string | null, signal: AbortSignal): Promise<void> {
    const is = () => this.#arrived || this.#loaded.has(loaderId ?? this.#committed ?? "");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const timer = setTimeout(resolve, LOAD_MS);
    this.#wake = () => {
      if (is()) resolve();
    };
    this.#wake();
    try {
      signal.throwIfAborted();
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }

  stop(): void {
    this.#stop();
  }
}

/** Chromium drops what is clicked and typed into a page before its first frame. Pages that hang, or ask the person something, show none. */
const shown = async (page: PageSession): Promise<void> => {
  const expression = "new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(() => shown(true))))";
  try {
    await send(page, "Runtime.evaluate", { expression, awaitPromise: true }, FRAME_MS);
  } catch {
    page.signal.throwIfAborted();
  }
};

const watching = async (page: PageSession, work: (loading: Loading) => Promise<void>): Promise<void> => {
  const loading = new Loading(page);
  try {
    await send(page, "Page.enable");
    await send(page, "Page.setLifecycleEventsEnabled", { enabled: true });
    await work(loading);
    await shown(page);
  } finally {
    loading.stop();
  }
};

/** Opens a URL and waits until it has loaded. Errors: navigation_failed. */
export const navigate = (page: PageSession, url: string): Promise<void> =>
  watching(page, async (loading) => {
    const failed = (reason: string) => new VitrineError("navigation_failed", { url: url.slice(0, 200), reason });
    loading.reset();
    const answer = await send(page, "Page.navigate", { url }, BEGIN_MS).catch((error: unknown) => {
      throw error instanceof CdpRefusal ? failed(error.message) : error;
    });
    // What Chromium downloads instead of showing is aborted as a page.
    const download = answer.isDownload === true || answer.errorText === "net::ERR_ABORTED";
    if (typeof answer.errorText === "string" && answer.errorText !== "" && !download) throw failed(answer.errorText.slice(0, 200));
    // Within the same document, or no document at all, there is nothing to load.
    if (!download && typeof answer.loaderId === "string") await loading.done(answer.loaderId, page.signal);
  });

export const reload = (page: PageSession): Promise<void> =>
  watching(page, async (loading) => {
    loading.reset();
    await send(page, "Page.reload", {}, BEGIN_MS);
    await loading.done(null, page.signal);
  });

/** Goes back or forward by one page. Errors: no_history. */
export const travel = (page: PageSession, direction: "back" | "forward"): Promise<void> =>
  watching(page, async (loading) => {
    const { currentIndex, entries } = await send(page, "Page.getNavigationHistory");
    const index = Number(currentIndex) + (direction === "back" ? -1 : 1);
    const { id } = recordOf(Array.isArray(entries) ? entries[index] : undefined);
    if (typeof id !== "number") throw new VitrineError("no_history", { direction });
    loading.reset();
    await send(page, "Page.navigateToHistoryEntry", { entryId: id }, BEGIN_MS);
    await loading.done(null, page.signal);
  });
