import type { Cdp } from "./cdp.ts";
import type { BrowserGuest } from "./endpoint.ts";
import { followBrowser } from "./follow.ts";

type Target = { targetId: string; type: string; url: string };

/** Tabs that are followed at once. */
const MAX_TABS = 1000;

/** A page's address as it may be shown: without what often holds secrets (user, query, fragment), and without a data URL's content. Null: no page of anybody's. */
export const shownAddress = (address: string): string | null => {
  if (!URL.canParse(address)) return null;
  const { protocol, host, pathname } = new URL(address);
  if (protocol === "data:" || protocol === "blob:") return `${protocol}…`;
  return protocol === "http:" || protocol === "https:" || protocol === "file:" ? `${protocol}//${host}${pathname}` : null;
};

/**
 * Calls back when a tab of the browser has gone to another page, whoever made it go, also in a Chromium that is started later; `address` is as shownAddress() gives it. Answers
 * a function that ends it. `onFailure` is told when Chromium cannot be followed any more.
 */
export const watchNavigations = (
  guest: BrowserGuest,
  onPage: (address: string) => void,
  onFailure: (error: unknown) => void,
): (() => void) => {
  const follow = async (cdp: Cdp): Promise<void> => {
    const seen = new Map<string, string>();
    let begun = false;
    cdp.onEvent(({ method, params }) => {
      if (method === "Target.targetDestroyed") return void seen.delete(String(params.targetId));
      if (method !== "Target.targetCreated" && method !== "Target.targetInfoChanged") return;
      const { targetId, type, url } = params.targetInfo as Target;
      const address = type === "page" ? shownAddress(String(url)) : null;
      if (address === null || seen.get(targetId) === address || seen.size >= MAX_TABS) return;
      seen.set(targetId, address);
      // Where the tabs were before is no navigation.
      if (begun) onPage(address);
    });
    await cdp.send("Target.setDiscoverTargets", { discover: true });
    begun = true;
  };
  const { first, close } = followBrowser(guest, follow, onFailure);
  let ended = false;
  first.catch((error) => ended || onFailure(error));
  return () => {
    ended = true;
    close();
  };
};
