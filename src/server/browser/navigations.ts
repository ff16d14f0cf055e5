import { oneLine } from "../text.ts";
import type { Cdp } from "./cdp.ts";

type Target = { targetId: string; type: string; url: string };

/** A page that a tab went to; `url` is as shownAddress() gives it. */
export interface Page {
  url: string;
  title?: string;
}

export interface TabListener {
  /** Something of a tab has changed; `isNew`: it, or its page, is newer than the connection. */
  changed(tab: string, isNew: boolean): void;
  gone(tab: string): void;
  /** It has gone to another page, whoever made it go. */
  went(address: string): void;
  /** The same, once more, as soon as the page may have its title. */
  page(page: Page): void;
}

export interface Tabs {
  /** Does something when the page that a tab is at has been told. */
  after(tab: string, what: () => void): void;
  /** Tells at once what waits for its title. */
  settle(): void;
}

/** Tabs that are followed at once. */
const MAX_TABS = 1000;
/** Chromium does not say when a page gets its title, only what it is when asked. Milliseconds. */
const TITLE_MS = 500;
const MAX_TITLE = 200;
/** Shorter ones are in a title by chance. */
const LEAST_SECRET = 3;

/** A page's address as it may be shown: without what often holds secrets (user, query, fragment), and without a data URL's content. Null: no page of anybody's. */
export const shownAddress = (address: string): string | null => {
  if (!URL.canParse(address)) return null;
  const { protocol, host, pathname } = new URL(address);
  if (protocol === "data:" || protocol === "blob:") return `${protocol}…`;
  return protocol === "http:" || protocol === "https:" || protocol === "file:" ? `${protocol}//${host}${pathname}` : null;
};

/** A page's title as it may be shown: not one that has in it what shownAddress() leaves out, as a search's has, or that is the address, as one without a title has. */
export const shownTitle = (title: string, address: string): string | undefined => {
  const { protocol, host, hash, searchParams, username, password } = new URL(address);
  const hidden = [...searchParams.values(), decoded(hash.slice(1)), username, password].filter(({ length }) => length >= LEAST_SECRET);
  const said = title.toLowerCase();
  const tellsTale = [protocol, host, ...hidden].some((text) => text !== "" && said.includes(text.toLowerCase()));
  return tellsTale ? undefined : oneLine(title, MAX_TITLE) || undefined;
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const titleOf = async (cdp: Cdp, targetId: string, address: string): Promise<string | undefined> => {
  try {
    const { title, url } = (await cdp.send("Target.getTargetInfo", { targetId })).targetInfo;
    return shownAddress(String(url)) === shownAddress(address) ? shownTitle(String(title), String(url)) : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Tells where the tabs go. Chromium is asked for its list of targets alone, which no page and no other client can notice.
 */
export const watchTabs = async (cdp: Cdp, on: TabListener): Promise<Tabs> => {
  const seen = new Map<string, string>();
  const untold = new Map<string, { url: string; timer: NodeJS.Timeout; later: (() => void)[] }>();
  let begun = false;

  const tell = (tab: string, title?: string): void => {
    const page = untold.get(tab);
    if (!page) return;
    untold.delete(tab);
    clearTimeout(page.timer);
    on.page({ url: page.url, ...(title !== undefined && { title }) });
    for (const each of page.later) each();
  };
  const go = (tab: string, url: string, address: string): void => {
    tell(tab);
    const ask = async () => {
      const title = await titleOf(cdp, tab, address);
      if (untold.get(tab) === page) tell(tab, title);
    };
    const page = { url, timer: setTimeout(ask, TITLE_MS), later: [] };
    untold.set(tab, page);
    on.went(url);
  };

  cdp.onEvent(({ method, params }) => {
    if (method === "Target.targetDestroyed") {
      const tab = String(params.targetId);
      tell(tab);
      if (seen.delete(tab)) on.gone(tab);
      return;
    }
    if (method !== "Target.targetCreated" && method !== "Target.targetInfoChanged") return;
    const { targetId, type, url } = params.targetInfo as Target;
    if (type !== "page" || (!seen.has(targetId) && seen.size >= MAX_TABS)) return;
    const before = seen.get(targetId);
    const address = shownAddress(String(url)) ?? "";
    const moved = address !== "" && address !== before;
    seen.set(targetId, address || before || "");
    // Where the tabs were before is no navigation.
    if (!begun) return;
    if (moved) go(targetId, address, String(url));
    if (method === "Target.targetInfoChanged" || moved) on.changed(targetId, moved || before === undefined);
  });
  const settle = () => {
    for (const tab of [...untold.keys()]) tell(tab);
  };
  void cdp.closed.then(settle);
  await cdp.send("Target.setDiscoverTargets", { discover: true });
  begun = true;
  return {
    after: (tab, what) => {
      const page = untold.get(tab);
      if (page) page.later.push(what);
      else what();
    },
    settle,
  };
};
