import type { Tab } from "../../contract/actions.ts";
import { VitrineError } from "../../contract/errors.ts";
import { CdpRefusal, type CdpSession, recordOf } from "./cdp-session.ts";

const TARGET_ID = /^[\w-]{1,64}$/;
const MAX_TABS = 200;
/** A page that runs in circles does not say whether it is in front. */
const ASK_MS = 2000;

/** A tab, attached to. */
export interface OpenTab {
  tab: Tab;
  sessionId: string;
}

const textOf = (value: unknown, max: number): string => (typeof value === "string" ? value.slice(0, max) : "");

/** Throws browser_unavailable for an answer without the id that was asked for. */
const idOf = (value: unknown): string => {
  if (!TARGET_ID.test(textOf(value, 65))) throw new VitrineError("browser_unavailable", { reason: "it answered without an id" });
  return value as string;
};

const pagesOf = async (session: CdpSession, signal: AbortSignal): Promise<Tab[]> => {
  const { targetInfos } = await session.send("Target.getTargets", { filter: [{ type: "page" }] }, { signal });
  if (!Array.isArray(targetInfos)) return [];
  return targetInfos
    .slice(0, MAX_TABS)
    .map(recordOf)
    .filter(({ targetId, url }) => TARGET_ID.test(textOf(targetId, 65)) && !textOf(url, 20).startsWith("devtools:"))
    .map(({ targetId, title, url }) => ({
      tab_id: targetId as string,
      title: textOf(title, 1000),
      url: textOf(url, 8192),
      active: false,
    }));
};

export const attachTo = async (session: CdpSession, tabId: string, signal: AbortSignal): Promise<string> => {
  const { sessionId } = await session.send("Target.attachToTarget", { targetId: tabId, flatten: true }, { signal });
  return idOf(sessionId);
};

/** 2 when the page has the focus, 1 when it is to be seen, 0 when it is not or does not say. */
const rank = async (session: CdpSession, sessionId: string, signal: AbortSignal): Promise<number> => {
  try {
    const expression = "document.hasFocus() ? 2 : document.visibilityState === 'visible' ? 1 : 0";
    const { result } = await session.send("Runtime.evaluate", { expression, returnByValue: true }, { signal, sessionId, ms: ASK_MS });
    const { value } = recordOf(result);
    return value === 1 || value === 2 ? value : 0;
  } catch (error) {
    if (signal.aborted) throw error;
    return 0;
  }
};

/** Every tab, attached to; exactly one is the active one, when there is any. */
const openTabs = async (session: CdpSession, signal: AbortSignal): Promise<OpenTab[]> => {
  const pages = await pagesOf(session, signal);
  const opened = await Promise.all(
    pages.map(async (tab) => {
      try {
        const sessionId = await attachTo(session, tab.tab_id, signal);
        return { tab, sessionId, rank: await rank(session, sessionId, signal) };
      } catch (error) {
        // It was closed a moment ago.
        if (error instanceof CdpRefusal) return null;
        throw error;
      }
    }),
  );
  const tabs = opened.filter((one) => one !== null);
  const front = tabs.toSorted((a, b) => b.rank - a.rank)[0];
  if (front) front.tab.active = true;
  return tabs;
};

export const listTabs = async (session: CdpSession, signal: AbortSignal): Promise<Tab[]> =>
  (await openTabs(session, signal)).map(({ tab }) => tab);

/** The tab in front; a new one when there is none. */
export const activeTab = async (session: CdpSession, signal: AbortSignal): Promise<OpenTab> => {
  const active = (await openTabs(session, signal)).find(({ tab }) => tab.active);
  if (active) return active;
  const tab_id = await createTab(session, signal);
  return { tab: { tab_id, title: "", url: "about:blank", active: true }, sessionId: await attachTo(session, tab_id, signal) };
};

/** Opens a tab in front, on an empty page. */
export const createTab = async (session: CdpSession, signal: AbortSignal): Promise<string> => {
  const { targetId } = await session.send("Target.createTarget", { url: "about:blank" }, { signal });
  return idOf(targetId);
};

/** Throws target_not_found. */
const requireTab = async (session: CdpSession, tabId: string, signal: AbortSignal): Promise<Tab[]> => {
  const pages = await pagesOf(session, signal);
  if (!pages.some(({ tab_id }) => tab_id === tabId)) throw new VitrineError("target_not_found", { target: tabId });
  return pages;
};

export const switchTab = async (session: CdpSession, tabId: string, signal: AbortSignal): Promise<void> => {
  await requireTab(session, tabId, signal);
  await session.send("Target.activateTarget", { targetId: tabId }, { signal });
};

/** Closes a tab and waits until it is gone. The last one is replaced by an empty one, as Chromium ends with its last tab. */
export const closeTab = async (session: CdpSession, tabId: string, signal: AbortSignal): Promise<void> => {
  const pages = await requireTab(session, tabId, signal);
  if (pages.length === 1) await createTab(session, signal);
  const gone = Promise.withResolvers<void>();
  const stop = session.onEvent(({ method, params }) => {
    if (method === "Target.targetDestroyed" && params.targetId === tabId) gone.resolve();
  });
  try {
    await session.send("Target.setDiscoverTargets", { discover: true, filter: [{ type: "page" }] }, { signal });
    await session.send("Target.closeTarget", { targetId: tabId }, { signal });
    await Promise.race([gone.promise, stays(signal)]);
  } finally {
    stop();
  }
};

/** A page may ask whether to leave it, and then its tab stays for a person to answer. */
const STAYS_MS = 3000;
const stays = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, STAYS_MS).unref();
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
