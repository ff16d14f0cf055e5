import { EventEmitter } from "node:events";
import type { Cdp } from "./cdp.ts";
import { type ConsoleMessage, Consoles } from "./console.ts";
import { type Download, type DownloadEnd, watchDownloads } from "./downloads.ts";
import type { BrowserGuest } from "./endpoint.ts";
import { openPage } from "./first-tab.ts";
import { followBrowser } from "./follow.ts";
import { type Page, type Tabs, watchTabs } from "./navigations.ts";

/** `address` and `page` are the same navigation: at once, and when the page may have its title. */
export interface BrowserNews {
  address: [string];
  page: [Page];
  message: [ConsoleMessage];
  downloadStarted: [Download];
  downloadFinished: [DownloadEnd];
}

/** What the service sees of one browser. */
export interface BrowserWatch {
  readonly news: EventEmitter<BrowserNews>;
  /** Resolves when the first Chromium is watched, or cannot be: from then on clients may be let in. */
  readonly begun: Promise<void>;
  /** Sends the first tab to a page, on the watch's own connection; where the browser is ended before it gets there, the next one's. Resolves when the order is on its way. */
  open(url: string): Promise<void>;
  /** Exceptions are told, too, until each answered function is called. */
  hearExceptions(): () => void;
  close(): void;
}

/**
 * Watches the guest's Chromium, and each that is started later, on one connection for all who want to know. `onFailure` is told when one cannot be watched.
 *
 * The connection stays: what is not seen when it happens cannot be asked for later, and one that nothing is said on costs nothing. It has no session with a tab until something of that
 * tab changes, so a browser that nobody uses has no page that is listened to.
 *
 * `untouched`: no client has been let in to the Chromium that runs now, nor will be before `begun`.
 */
export const watchBrowser = (guest: BrowserGuest, untouched: boolean, onFailure: (error: unknown) => void): BrowserWatch => {
  const news = new EventEmitter<BrowserNews>().setMaxListeners(0);
  let consoles: Consoles | undefined;
  let followed: Tabs | undefined;
  let hearers = 0;
  let current: Cdp | null = null;
  let wanted: string | null = null;
  let isUntouched = untouched;
  const { first, close } = followBrowser(
    guest,
    async (cdp) => {
      const listening = new Consoles(cdp, hearers > 0, (tab, message) => tabs.after(tab, () => news.emit("message", message)));
      consoles = listening;
      const tabs = await watchTabs(cdp, {
        changed: (tab, isNew) => listening.listen(tab, isNew),
        gone: (tab) => listening.leave(tab),
        went: (address) => news.emit("address", address),
        page: (page) => news.emit("page", page),
      });
      followed = tabs;
      const isNew = isUntouched;
      isUntouched = false;
      await watchDownloads(
        cdp,
        isNew,
        (frame, download) => tabs.after(frame, () => news.emit("downloadStarted", download)),
        (frame, end) => tabs.after(frame, () => news.emit("downloadFinished", end)),
      );
      current = cdp;
      if (wanted !== null) await go(wanted);
    },
    onFailure,
  );
  const go = async (url: string): Promise<void> => {
    wanted = null;
    try {
      if (!current) throw new Error("there is no browser yet");
      await openPage(current, url);
    } catch {
      wanted = url;
    }
  };
  const begun = first.catch(() => {});
  return {
    news,
    begun,
    open: async (url) => {
      await begun;
      await go(url);
    },
    hearExceptions: () => {
      let heard = true;
      hearers++;
      if (consoles) consoles.exceptions = true;
      return () => {
        if (!heard) return;
        heard = false;
        hearers--;
        if (consoles) consoles.exceptions = hearers > 0;
      };
    },
    close: () => {
      followed?.settle();
      close();
    },
  };
};
