import type { Tab as TabRecord } from "../../../contract/actions.ts";
import { oneLine } from "../../text.ts";
import { ToolFailure } from "./failure.ts";
import type { CdpConnection } from "./ports.ts";
import { Tab } from "./tab.ts";

/** What Anthropic's API takes. */
const MAX_TABS = 100;

interface TargetInfo {
  targetId: string;
  type: string;
  title: string;
  url: string;
  openerId?: string;
}

/** The browser's tabs: which there are, which one is acted on, and those that are attached to. Their ids are Chromium's. */
export class Tabs {
  readonly #cdp: CdpConnection;
  readonly #attached = new Map<string, Promise<Tab>>();
  /** The ids of tabs that were active, the latest last. */
  #recent: string[] = [];
  /** Tabs that were opened since this was last asked. */
  #opened: string[] = [];
  readonly #stops: (() => void)[];

  private constructor(cdp: CdpConnection) {
    this.#cdp = cdp;
    this.#stops = [
      cdp.browser.on("Target.targetCreated", ({ targetInfo }: { targetInfo: TargetInfo }) => {
        if (targetInfo.type !== "page" || !targetInfo.openerId || !this.#attached.has(targetInfo.openerId)) return;
        // What a page opens comes to the front.
        this.#became(targetInfo.targetId);
        this.#opened.push(targetInfo.targetId);
      }),
      cdp.browser.on("Target.targetDestroyed", ({ targetId }) => this.#forget(targetId)),
      cdp.browser.on("Target.targetCrashed", ({ targetId }) => this.#forget(targetId)),
    ];
  }

  static async open(cdp: CdpConnection, signal: AbortSignal): Promise<Tabs> {
    const tabs = new Tabs(cdp);
    try {
      await cdp.browser.send("Target.setDiscoverTargets", { discover: true }, { signal });
    } catch (error) {
      tabs.close();
      throw error;
    }
    return tabs;
  }

  /** All tabs, one of them active if there is any; titles and addresses are the pages' words, bounded. */
  async list(signal: AbortSignal): Promise<TabRecord[]> {
    const { targetInfos } = await this.#cdp.browser.send("Target.getTargets", {}, { signal });
    const pages = (targetInfos as TargetInfo[]).filter(({ type }) => type === "page").slice(0, MAX_TABS);
    const active = await this.#active(pages, signal);
    return pages.map(({ targetId, title, url }) => ({
      tab_id: targetId,
      title: oneLine(title),
      url: oneLine(url),
      active: targetId === active,
    }));
  }

  /** The tab of that id, or the active one. Throws ToolFailure when there is none. */
  async get(id: string | null | undefined, signal: AbortSignal): Promise<Tab> {
    const all = await this.list(signal);
    const found = all.find(({ tab_id, active }) => (id ? tab_id === id : active));
    if (!found) throw new ToolFailure(id ? `There is no tab ${oneLine(id, 64)}. Call list_tabs to see the tabs.` : "No tab is open.");
    return this.#attach(found.tab_id, signal);
  }

  /** Brings a tab to the front: a page behind another is not painted. */
  async activate(id: string, signal: AbortSignal): Promise<void> {
    if (this.#recent.at(-1) === id) return;
    await this.#cdp.browser.send("Target.activateTarget", { targetId: id }, { signal });
    this.#became(id);
  }

  async create(signal: AbortSignal): Promise<string> {
    const { targetId } = await this.#cdp.browser.send("Target.createTarget", { url: "about:blank" }, { signal });
    this.#became(targetId);
    if (!this.#opened.includes(targetId)) this.#opened.push(targetId);
    return targetId;
  }

  async remove(id: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = this.#cdp.browser.on("Target.targetDestroyed", ({ targetId }) => targetId === id && resolve());
    try {
      await this.#cdp.browser.send("Target.closeTarget", { targetId: id }, { signal });
      await Promise.race([
        promise,
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true })),
      ]);
    } finally {
      stop();
    }
  }

  /** Ids of tabs that opened since the last call. */
  takeOpened(): string[] {
    const opened = this.#opened;
    this.#opened = [];
    return opened;
  }

  /** Dialogs that were answered since the last call, of all tabs. */
  async takeDialogs(): Promise<Tab["dialogs"]> {
    const found: Tab["dialogs"] = [];
    for (const attached of this.#attached.values()) {
      const tab = await attached.catch(() => null);
      if (tab) found.push(...tab.dialogs.splice(0));
    }
    return found;
  }

  close(): void {
    for (const stop of this.#stops) stop();
    for (const id of this.#attached.keys()) this.#forget(id);
  }

  #attach(id: string, signal: AbortSignal): Promise<Tab> {
    const known = this.#attached.get(id);
    if (known) return known;
    const opening = this.#cdp.attach(id, signal).then((session) => Tab.open(id, session, signal));
    this.#attached.set(id, opening);
    opening.catch(() => this.#attached.delete(id));
    return opening;
  }

  #became(id: string): void {
    this.#recent = [...this.#recent.filter((other) => other !== id), id].slice(-MAX_TABS);
  }

  #forget(id: string): void {
    this.#recent = this.#recent.filter((other) => other !== id);
    this.#opened = this.#opened.filter((other) => other !== id);
    this.#attached.get(id)?.then(
      (tab) => tab.close(),
      () => {},
    );
    this.#attached.delete(id);
  }

  /** The tab that was made active last; before there is one, the one that is seen. */
  async #active(pages: TargetInfo[], signal: AbortSignal): Promise<string | undefined> {
    const known = this.#recent.findLast((id) => pages.some(({ targetId }) => targetId === id));
    if (known) return known;
    let active = pages[0]?.targetId;
    for (const { targetId } of pages.length > 1 ? pages : []) {
      const { session } = await this.#attach(targetId, signal);
      const { result } = await session.send(
        "Runtime.evaluate",
        { expression: "document.visibilityState", returnByValue: true },
        { signal },
      );
      if (result.value !== "visible") continue;
      active = targetId;
      break;
    }
    if (active) this.#became(active);
    return active;
  }
}
