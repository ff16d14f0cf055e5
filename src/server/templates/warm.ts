import { setTimeout as sleep } from "node:timers/promises";
import { connectCdp } from "../browser/cdp.ts";
import { firstTab } from "../browser/first-tab.ts";
import { askBrowser } from "../browser/request.ts";
import { isWhole } from "../computers/whole.ts";
import { connectDisplay } from "../display/connect.ts";
import { RfbClient } from "../display/rfb-client.ts";
import type { Guest } from "../guest/guest.ts";
import type { Shape } from "./shape.ts";

/** What Chromium does by itself after its start is over by then. Milliseconds. */
const SETTLE_MS = 4000;

/** What a client does when it connects. */
const PAGE_CALLS: [method: string, params: object][] = [
  ["Page.enable", {}],
  ["Page.getFrameTree", {}],
  ["Page.setLifecycleEventsEnabled", { enabled: true }],
  ["Log.enable", {}],
  ["Runtime.enable", {}],
  ["Network.enable", {}],
  ["Page.addScriptToEvaluateOnNewDocument", { source: "", worldName: "vitrine" }],
  ["Runtime.evaluate", { expression: "document.title" }],
  ["Page.captureScreenshot", {}],
];

const useBrowser = async (guest: Guest, signal: AbortSignal): Promise<void> => {
  (await askBrowser(guest, { method: "GET", path: "/json/version" }, signal)).response.destroy();
  const cdp = await connectCdp(guest, signal);
  try {
    await cdp.send("Browser.getVersion");
    const { sessionId } = await firstTab(cdp);
    for (const [method, params] of PAGE_CALLS) await cdp.send(method, params, sessionId);
  } finally {
    cdp.close();
    await cdp.closed;
  }
};

const useDisplay = async (guest: Guest, signal: AbortSignal): Promise<void> => {
  const client = await RfbClient.connect(await connectDisplay(guest, signal), signal);
  try {
    await client.refresh(signal);
  } finally {
    client.close();
  }
};

/** Waits until a booted guest is whole, and uses all of it once: what is made at a first use is then in the template, and not in the way of each clone. */
export const warm = async ({ mode }: Shape, guest: Guest, signal: AbortSignal): Promise<void> => {
  await guest.waitFor(isWhole({ browser: mode !== "none", display: mode === "live" }), signal);
  await guest.exec({ argv: ["true"], user: "ohm", timeout_ms: 30_000 }, signal);
  if (mode !== "none") await useBrowser(guest, signal);
  if (mode === "live") await useDisplay(guest, signal);
  await sleep(SETTLE_MS, undefined, { signal });
};
