import type { Tab } from "../../contract/actions.ts";
import { VitrineError } from "../../contract/errors.ts";
import { type CdpSession, recordOf } from "./cdp-session.ts";
import { discover } from "./discover.ts";
import { type BrowserGuest, withBrowser } from "./endpoint.ts";
import { parseJson } from "./read-json.ts";

const TARGET_ID = /^[\w-]{1,64}$/;
const MAX_TABS = 200;

const textOf = (value: unknown, max: number): string => (typeof value === "string" ? value.slice(0, max) : "");

/** Throws browser_unavailable for an answer without the id that was asked for. */
const idOf = (value: unknown): string => {
  if (!TARGET_ID.test(textOf(value, 65))) throw new VitrineError("browser_unavailable", { reason: "it answered without an id" });
  return value as string;
};

/**
 * The tabs, that in front first and marked. Chromium lists what was shown last before the others, also when a page hangs; a page's own word for whether it
 * is to be seen is worth nothing, as Playwright makes every page say so.
 */
export const listTabs = async (guest: BrowserGuest, signal: AbortSignal): Promise<Tab[]> => {
  const request = { method: "GET", path: "/json/list" };
  const { status, body } = await withBrowser(guest, signal, (_, bounded) => discover(guest, request, bounded));
  if (status !== 200) throw new VitrineError("browser_unavailable", { reason: `it answered ${status} to the list of tabs` });
  const targets = parseJson(body);
  return (Array.isArray(targets) ? targets.slice(0, MAX_TABS) : [])
    .map(recordOf)
    .filter(({ id, type, url }) => type === "page" && TARGET_ID.test(textOf(id, 65)) && !textOf(url, 20).startsWith("devtools:"))
    .map(({ id, title, url }, i) => ({ tab_id: id as string, title: textOf(title, 1000), url: textOf(url, 8192), active: i === 0 }));
};

export const attachTo = async (session: CdpSession, tabId: string, signal: AbortSignal): Promise<string> => {
  const { sessionId } = await session.send("Target.attachToTarget", { targetId: tabId, flatten: true }, { signal });
  return idOf(sessionId);
};

/** Opens a tab in front, on an empty page. */
export const createTab = async (session: CdpSession, signal: AbortSignal): Promise<string> => {
  const { targetId } = await session.send("Target.createTarget", { url: "about:blank" }, { signal });
  return idOf(targetId);
};

const requireTab = (tabs: readonly Tab[], tabId: string): void => {
  if (!tabs.some(({ tab_id }) => tab_id === tabId)) throw new VitrineError("target_not_found", { target: tabId });
};

/** Brings a tab of `tabs` to the front. Throws target_not_found. */
export const switchTab = async (session: CdpSession, tabs: readonly Tab[], tabId: string, signal: AbortSignal): Promise<void> => {
  requireTab(tabs, tabId);
  await session.send("Target.activateTarget", { targetId: tabId }, { signal });
};

/** A page may ask whether to leave it, and then its tab stays for a person to answer. */
const STAYS_MS = 3000;

/**
 * Closes a tab of `tabs` and waits until it is gone. The last one is replaced by an empty one, as Chromium ends with its last tab. Throws
 * target_not_found.
 */
export const closeTab = async (session: CdpSession, tabs: readonly Tab[], tabId: string, signal: AbortSignal): Promise<void> => {
  requireTab(tabs, tabId);
  if (tabs.length === 1) await createTab(session, signal);
  const { promise: gone, resolve, reject } = Promise.withResolvers<void>();
  const stop = session.onEvent(({ method, params }) => {
    if (method === "Target.targetDestroyed" && params.targetId === tabId) resolve();
  });
  const onAbort = () => reject(signal.reason);
  const timer = setTimeout(resolve, STAYS_MS);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await session.send("Target.setDiscoverTargets", { discover: true, filter: [{ type: "page" }] }, { signal });
    await session.send("Target.closeTarget", { targetId: tabId }, { signal });
    await gone;
  } finally {
    stop();
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    gone.catch(() => {});
  }
};
