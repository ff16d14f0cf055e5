import { basename } from "node:path";
import { oneLine } from "../text.ts";
import type { Cdp } from "./cdp.ts";
import { shownAddress } from "./navigations.ts";

/** A file that Chromium loads down; `url` is as shownAddress() gives it. */
export interface Download {
  name: string;
  url?: string;
}

export interface DownloadEnd extends Download {
  size_bytes: number;
  status: "completed" | "canceled";
}

/** Downloads that are followed at once. */
const MAX_AT_ONCE = 100;
/** Bytes of a file's name on Linux; a character has one or more. */
const MAX_NAME = 255;

/**
 * Tells of downloads; `frame` is the one that asked for it, which has its tab's id where it is the tab's own. Chromium tells of all of them whom it has once told how to download, but how is one setting for everybody. In a browser that is `untouched` it is set to what it is.
 * In another a client may have set it: there it is set for a browser context that nobody uses, and that is gone at once, which takes a profile's making and, emulated, 0.4 s. `Page.enable` would tell, too, but makes dialogs wait for an answer.
 */
export const watchDownloads = async (
  cdp: Cdp,
  untouched: boolean,
  onStart: (frame: string, download: Download) => void,
  onEnd: (frame: string, end: DownloadEnd) => void,
): Promise<void> => {
  const open = new Map<string, { frame: string; download: Download }>();
  cdp.onEvent(({ method, params }) => {
    const guid = String(params.guid);
    if (method === "Browser.downloadWillBegin") {
      const url = shownAddress(String(params.url));
      const download = { name: oneLine(String(params.suggestedFilename), MAX_NAME), ...(url !== null && { url }) };
      const frame = String(params.frameId);
      if (open.size < MAX_AT_ONCE) open.set(guid, { frame, download });
      onStart(frame, download);
      return;
    }
    if (method !== "Browser.downloadProgress" || (params.state !== "completed" && params.state !== "canceled")) return;
    const known = open.get(guid);
    if (!known) return;
    open.delete(guid);
    const { frame, download } = known;
    // Where there was such a file already, the name is another one than was suggested.
    const name = typeof params.filePath === "string" ? oneLine(basename(params.filePath), MAX_NAME) : download.name;
    onEnd(frame, { ...download, name, size_bytes: Number(params.receivedBytes) || 0, status: params.state });
  });
  const tell = { behavior: "default", eventsEnabled: true };
  if (untouched) {
    await cdp.send("Browser.setDownloadBehavior", tell);
    return;
  }
  const { browserContextId } = await cdp.send("Target.createBrowserContext");
  try {
    await cdp.send("Browser.setDownloadBehavior", { ...tell, browserContextId });
  } finally {
    await cdp.send("Target.disposeBrowserContext", { browserContextId });
  }
};
