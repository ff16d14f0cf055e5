import { VitrineError } from "../../contract/errors.ts";
import type { BrowserVerbs } from "../actions/ports.ts";
import { CdpRefusal, type CdpSession, recordOf, withCdp } from "./cdp-session.ts";
import type { BrowserGuest } from "./endpoint.ts";
import { navigate, type PageSession, reload, travel } from "./navigate.ts";
import { attachTo, closeTab, createTab, listTabs, switchTab } from "./tabs.ts";

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
  /** Does something in the tab in front, or a new one where there is none, and answers its URL afterwards. */
  const inFront = (signal: AbortSignal, work: (page: PageSession) => Promise<void>) =>
    on(signal, async (session) => {
      const tabId = (await listTabs(guest, signal))[0]?.tab_id ?? (await createTab(session, signal));
      await work({ session, sessionId: await attachTo(session, tabId, signal), signal });
      const { targetInfo } = await session.send("Target.getTargetInfo", { targetId: tabId }, { signal });
      const { url } = recordOf(targetInfo);
      return typeof url === "string" ? url.slice(0, 8192) : "";
    });
  const thenTabs = (signal: AbortSignal, work: (session: CdpSession) => Promise<void>) =>
    on(signal, async (session) => {
      await work(session);
      return listTabs(guest, signal);
    });
  return {
    navigate: (url, signal) => inFront(signal, (page) => navigate(page, url)),
    back: (signal) => inFront(signal, (page) => travel(page, "back")),
    forward: (signal) => inFront(signal, (page) => travel(page, "forward")),
    reload: (signal) => inFront(signal, reload),
    tabs: (signal) => listTabs(guest, signal),
    newTab: (url, signal) =>
      thenTabs(signal, async (session) => {
        const tabId = await createTab(session, signal);
        if (url !== undefined) await navigate({ session, sessionId: await attachTo(session, tabId, signal), signal }, url);
      }),
    switchTab: (tabId, signal) => thenTabs(signal, async (session) => switchTab(session, await listTabs(guest, signal), tabId, signal)),
    closeTab: (tabId, signal) => thenTabs(signal, async (session) => closeTab(session, await listTabs(guest, signal), tabId, signal)),
  };
};
