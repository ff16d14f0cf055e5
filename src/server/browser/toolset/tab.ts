import { listenToConsole } from "./console.ts";
import { Feed } from "./feed.ts";
import { listenToNetwork } from "./network.ts";
import type { CdpSession } from "./ports.ts";
import { Refs } from "./refs.ts";

/** A dialog that the page opened and that was answered in the model's stead. */
export interface Dismissed {
  kind: string;
  message: string;
}

const MAX_DIALOGS = 100;

/** One tab that the toolset is attached to: its references, what it said and fetched, and whether it is on its way to another page. */
export class Tab {
  readonly id: string;
  readonly session: CdpSession;
  readonly refs = new Refs();
  /** Sessions with frames in processes of their own, by frame. */
  readonly frames = new Map<string, CdpSession>();
  readonly console = new Feed();
  readonly network = new Feed();
  /** Since they were last told of. */
  dialogs: Dismissed[] = [];
  /** HTTP status of the document that came last. */
  status: number | undefined;
  #mainFrame: string;
  #loading = false;
  /** Counts the documents that came. */
  #document = 0;
  readonly #waiting = new Set<(place: boolean) => void>();
  readonly #stops: (() => void)[];

  private constructor(id: string, session: CdpSession, mainFrame: string) {
    this.id = id;
    this.session = session;
    this.#mainFrame = mainFrame;
    this.#stops = [listenToConsole(session, this.console), listenToNetwork(session, this.network), ...this.#listen(session)];
  }

  /** Starts to listen on a session that is attached to the tab. */
  static async open(id: string, session: CdpSession, signal: AbortSignal): Promise<Tab> {
    const { frameTree } = await session.send("Page.getFrameTree", {}, { signal });
    const tab = new Tab(id, session, frameTree.frame.id);
    try {
      const buffers = { maxTotalBufferSize: 1 << 20, maxResourceBufferSize: 1 << 18 };
      await Promise.all([
        session.send("Page.enable", {}, { signal }),
        session.send("Runtime.enable", {}, { signal }),
        session.send("Log.enable", {}, { signal }),
        session.send("Network.enable", buffers, { signal }),
        // Keys reach a page whose window has not the desktop's focus.
        session.send("Emulation.setFocusEmulationEnabled", { enabled: true }, { signal }),
      ]);
    } catch (error) {
      tab.close();
      throw error;
    }
    return tab;
  }

  /** Resolves when the page that is under way is there or given up; at once when none is. */
  loaded(signal: AbortSignal): Promise<void> {
    return this.#loading ? this.#wait((place) => !place, signal) : Promise.resolve();
  }

  /** Resolves with the next document, parsed; with `within` also with the next place on this one. Listens from the moment of the call. */
  nextDocument(signal: AbortSignal, within = false): Promise<void> {
    const now = this.#document;
    return this.#wait((place) => this.#document !== now || (within && place), signal);
  }

  async #wait(enough: (place: boolean) => boolean, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = (place: boolean) => enough(place) && resolve();
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    this.#waiting.add(waiting);
    try {
      await promise;
    } finally {
      this.#waiting.delete(waiting);
      signal.removeEventListener("abort", abort);
    }
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }

  #arrived(place = false): void {
    if (!place) this.#loading = false;
    for (const waiting of [...this.#waiting]) waiting(place);
  }

  #listen(session: CdpSession): (() => void)[] {
    return [
      session.on("Page.frameStartedNavigating", ({ frameId, navigationType }) => {
        if (frameId === this.#mainFrame && !/sameDocument/i.test(String(navigationType))) this.#loading = true;
      }),
      session.on("Page.frameNavigated", ({ frame, type }) => {
        if (frame.parentId) return;
        this.#mainFrame = frame.id;
        this.#document++;
        this.refs.clear();
        this.frames.clear();
        // A page out of the back-forward cache is whole already.
        if (type === "BackForwardCacheRestore") this.#arrived();
      }),
      session.on("Page.navigatedWithinDocument", ({ frameId }) => {
        if (frameId === this.#mainFrame) this.#arrived(true);
      }),
      session.on("Page.domContentEventFired", () => this.#arrived()),
      session.on("Page.frameStoppedLoading", ({ frameId }) => {
        if (frameId === this.#mainFrame) this.#arrived();
      }),
      session.on("Network.responseReceived", ({ type, frameId, response }) => {
        if (type === "Document" && frameId === this.#mainFrame) this.status = response.status;
      }),
      session.on("Page.javascriptDialogOpening", ({ type, message }) => {
        const leaving = type === "beforeunload";
        if (!leaving && this.dialogs.length < MAX_DIALOGS)
          this.dialogs.push({ kind: String(type), message: String(message).slice(0, 1000) });
        // Leaving a page is what was asked for; anything else is a no. Unanswered, the page would stand still.
        session.send("Page.handleJavaScriptDialog", { accept: leaving }).catch(() => {});
      }),
    ];
  }
}
