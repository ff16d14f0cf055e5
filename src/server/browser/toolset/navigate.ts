import { oneLine } from "../../text.ts";
import { address } from "../address.ts";
import { ToolFailure } from "./failure.ts";
import type { Tab } from "./tab.ts";

const HISTORY: Record<string, number> = { back: -1, forward: 1 };

/** Goes to an address, or back, forward, or loads again; resolves when the new document is parsed. Answers where it landed, in words. */
export const navigate = async (tab: Tab, url: string, signal: AbortSignal): Promise<string> => {
  const word = url.trim().toLowerCase();
  const { session } = tab;
  tab.status = undefined;
  const arrived = tab.nextDocument(signal);
  const moved = tab.nextDocument(signal, true);
  for (const waiting of [arrived, moved]) waiting.catch(() => {});
  if (word === "reload") {
    await session.send("Page.reload", {}, { signal });
    await arrived;
  } else if (Object.hasOwn(HISTORY, word)) {
    const { currentIndex, entries } = await session.send("Page.getNavigationHistory", {}, { signal });
    const entry = entries[currentIndex + HISTORY[word]!];
    if (!entry) throw new ToolFailure(`There is no page to go ${word} to.`);
    await session.send("Page.navigateToHistoryEntry", { entryId: entry.id }, { signal });
    await moved;
  } else await ((await goTo(tab, address(url), signal)) ? arrived : moved);
  return landed(tab, signal);
};

/** Sets off for an address; answers whether that is another document, or a place on the one that is there already. */
const goTo = async (tab: Tab, url: string, signal: AbortSignal): Promise<boolean> => {
  if (/^javascript:/i.test(url)) throw new ToolFailure("This is a script, not an address; use javascript_exec.");
  const { errorText, loaderId, isDownload } = await tab.session.send("Page.navigate", { url }, { signal });
  if (isDownload) throw new ToolFailure("This address is a download; the page stays as it was.");
  if (errorText) throw new ToolFailure(`The page did not load: ${oneLine(errorText, 200)}.`);
  return loaderId !== undefined;
};

const landed = async ({ session, status }: Tab, signal: AbortSignal): Promise<string> => {
  const { currentIndex, entries } = await session.send("Page.getNavigationHistory", {}, { signal });
  const { url = "", title = "" } = entries[currentIndex] ?? {};
  return `Navigated to ${oneLine(url)}${title ? ` — ${oneLine(title)}` : ""}${status === undefined ? "" : ` (HTTP ${status})`}`;
};
