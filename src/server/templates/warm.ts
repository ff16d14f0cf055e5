import { setTimeout as sleep } from "node:timers/promises";
import type { Viewport } from "../../contract/computer.ts";
import { VitrineError } from "../../contract/errors.ts";
import { type Cdp, connectCdp } from "../browser/cdp.ts";
import { BLANK, firstTab, sizeWindow } from "../browser/first-tab.ts";
import { askBrowser } from "../browser/request.ts";
import { isWhole } from "../computers/whole.ts";
import { connectDisplay } from "../display/connect.ts";
import { resizeDisplay } from "../display/resize.ts";
import { RfbClient } from "../display/rfb-client.ts";
import type { Guest } from "../guest/guest.ts";
import type { Shape } from "./shape.ts";

/** What Chromium does by itself after its start is over by then. Milliseconds. */
const SETTLE_MS = 4000;

const ATTACH = { autoAttach: true, waitForDebuggerOnStart: true, flatten: true };

/** What a client does when it connects: to the browser, then to each page. */
const BROWSER_CALLS: [method: string, params: object][] = [
  ["Browser.getVersion", {}],
  ["Browser.setDownloadBehavior", { behavior: "default", eventsEnabled: true }],
  ["Target.setDiscoverTargets", { discover: true }],
];
const PAGE_CALLS: [method: string, params: object][] = [
  ["Page.enable", {}],
  ["Page.getFrameTree", {}],
  ["Page.setLifecycleEventsEnabled", { enabled: true }],
  ["Log.enable", {}],
  ["Runtime.enable", {}],
  ["Network.enable", {}],
  ["Page.addScriptToEvaluateOnNewDocument", { source: "", worldName: "vitrine" }],
  ["Target.setAutoAttach", ATTACH],
  ["Emulation.setFocusEmulationEnabled", { enabled: true }],
  ["Emulation.setEmulatedMedia", {}],
  ["Runtime.runIfWaitingForDebugger", {}],
  ["Runtime.evaluate", { expression: "document.title" }],
];

const wholeAs = (mode: Shape["mode"]) => isWhole({ browser: mode !== "none", display: mode === "live" });

/** A page with what most have. */
const PAGE = `<!doctype html><title>page</title><style>p{font:16px sans-serif}</style><h1>Page</h1><p>Text <a href="#">link</a> <input>
<button>button</button><script>document.body.append(new Date().toLocaleString(), JSON.stringify({ a: [1] }))</script>`;
const LOADED = `new Promise((done) => (document.readyState === "complete" ? done() : addEventListener("load", done)))`;

/** Connects to the browser as a client does, and then does `more` with the page that it begins with. */
const connectAsClient = async (
  guest: Guest,
  signal: AbortSignal,
  more: (cdp: Cdp, sessionId: string) => Promise<void> = async () => {},
): Promise<void> => {
  (await askBrowser(guest, { method: "GET", path: "/json/version" }, signal)).response.destroy();
  const cdp = await connectCdp(guest, signal);
  try {
    for (const [method, params] of BROWSER_CALLS) await cdp.send(method, params);
    const { sessionId } = await firstTab(cdp);
    for (const [method, params] of PAGE_CALLS) await cdp.send(method, params, sessionId);
    await more(cdp, sessionId);
  } finally {
    cdp.close();
    await cdp.closed;
  }
};

const useBrowser = (guest: Guest, signal: AbortSignal): Promise<void> =>
  connectAsClient(guest, signal, async (cdp, sessionId) => {
    await cdp.send("Page.captureScreenshot", {}, sessionId);
    // And to where it was before, with no trace of it.
    for (const url of [`data:text/html,${encodeURIComponent(PAGE)}`, BLANK]) {
      await cdp.send("Page.navigate", { url }, sessionId);
      await cdp.send("Runtime.evaluate", { expression: LOADED, awaitPromise: true }, sessionId);
      await cdp.send("Page.captureScreenshot", {}, sessionId);
    }
    await cdp.send("Page.resetNavigationHistory", {}, sessionId);
  });

const useDisplay = async (guest: Guest, viewport: Viewport, signal: AbortSignal): Promise<void> => {
  const cdp = await connectCdp(guest, signal);
  try {
    for (const size of [{ width: 1024, height: 768 }, viewport])
      await resizeDisplay(guest, size, signal, () => sizeWindow(cdp, size, false));
  } finally {
    cdp.close();
    await cdp.closed;
  }
  const client = await RfbClient.connect(await connectDisplay(guest, signal), signal);
  try {
    await client.refresh(signal);
  } finally {
    client.close();
  }
};

/**
 * Waits until a restored guest is whole, and connects to its browser once, as its first client will: what an emulator has to translate for that is translated then. No more than that,
 * since what does not fit into its cache (tb-size) empties it.
 */
export const rehearse = async ({ mode }: Shape, guest: Guest, signal: AbortSignal): Promise<void> => {
  await guest.waitFor(wholeAs(mode), signal);
  if (mode !== "none") await connectAsClient(guest, signal);
};

/** Waits until a booted guest is whole, and uses all of it once: what is made at a first use is then in the template, and not in the way of each clone. */
export const warm = async ({ mode, viewport }: Shape, guest: Guest, signal: AbortSignal): Promise<void> => {
  await guest.waitFor(wholeAs(mode), signal);
  const { exit_code } = await guest.exec({ argv: ["test", "-w", "."], user: "ohm", timeout_ms: 30_000 }, signal);
  if (exit_code !== 0) throw new VitrineError("guest_unreachable", { reason: "its workspace cannot be written" });
  if (mode !== "none") await useBrowser(guest, signal);
  if (mode === "live") await useDisplay(guest, viewport, signal);
  await sleep(SETTLE_MS, undefined, { signal });
};
