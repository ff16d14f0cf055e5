import { VitrineError } from "../../contract/errors.ts";
import type { BrowserVerbs } from "../actions/ports.ts";
import { CdpRefusal, type CdpSession, withCdp } from "./cdp-session.ts";
import type { BrowserGuest } from "./endpoint.ts";
import { navigate, reload, travel } from "./navigate.ts";
import { activeTab, attachTo, closeTab, createTab, listTabs, switchTab } from "./tabs.ts";

/** What an agent asks of a guest's Chromium, each on a connection of its own. */
export const browserVerbs = (guest: BrowserGuest): BrowserVerbs => {
  const on = async <T>(signal: AbortSignal, work: (session: CdpSession) => Promise<T>): Promise<T> => {
    try {
      return await withCdp(guest, signal, work);
    } catch (error) {
      if (error instanceof CdpRefusal) throw new VitrineError("browser_unavailable", { reason: error.message }, { cause: error });
      throw error;
    }
  };
  const inFront = (signal: AbortSignal, work: (page: { session: CdpSession; sessionId: string; signal: AbortSignal }) => Promise<void>) =>
    on(signal, async (session) => {
      const { tab, sessionId } = await activeTab(session, signal);
      await work({ session, sessionId, signal });
      const { targetInfo } = await session.send<{ targetInfo?: { url?: unknown } }>(
        "Target.getTargetInfo",
        { targetId: tab.tab_id },
        { signal },
      );
      return String(targetInfo?.url ?? "").slice(0, 8192);
    });
  return {
    navigate: (url, signal) => inFront(signal, (page) => navigate(page, url)),
    back: (signal) => inFront(signal, (page) => travel(page, "back")),
    forward: (signal) => inFront(signal, (page) => travel(page, "forward")),
    reload: (signal) => inFront(signal, reload),
    tabs: (signal) => on(signal, (session) => listTabs(session, signal)),
    newTab: (url, signal) =>
      on(signal, async (session) => {
        const tabId = await createTab(session, signal);
        if (url !== undefined) await navigate({ session, sessionId: await attachTo(session, tabId, signal), signal }, url);
        return listTabs(session, signal);
      }),
    switchTab: (tabId, signal) =>
      on(signal, async (session) => {
        await switchTab(session, tabId, signal);
        return listTabs(session, signal);
      }),
    closeTab: (tabId, signal) =>
      on(signal, async (session) => {
        await closeTab(session, tabId, signal);
        return listTabs(session, signal);
      }),
  };
};
