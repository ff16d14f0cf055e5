import type { Viewport } from "../../contract/computer.ts";
import type { Cdp } from "./cdp.ts";

/** Where a browser begins. */
export const BLANK = "about:blank";

const RESIZED = `(width, height) => new Promise((done) => {
  const look = () => { if (outerWidth === width && outerHeight === height) { removeEventListener("resize", look); done(true); } };
  addEventListener("resize", look);
  look();
})`;

/** Attaches to the tab that a browser begins with, for as long as the connection lasts or until it detaches. */
export const firstTab = async (cdp: Cdp): Promise<{ targetId: string; sessionId: string }> => {
  const { targetInfos } = await cdp.send("Target.getTargets");
  const page = (targetInfos as { type: string; targetId: string }[]).find(({ type }) => type === "page");
  const targetId = page ? page.targetId : String((await cdp.send("Target.createTarget", { url: BLANK })).targetId);
  const { sessionId } = await cdp.send("Target.attachToTarget", { targetId, flatten: true });
  return { targetId, sessionId };
};

/** Brings the browser's window to a size: a headless one is told, one on a display follows its display, which is waited for. */
export const sizeWindow = async (cdp: Cdp, { width, height }: Viewport, headless: boolean): Promise<void> => {
  const { targetId, sessionId } = await firstTab(cdp);
  if (headless) {
    const { windowId } = await cdp.send("Browser.getWindowForTarget", { targetId });
    await cdp.send("Browser.setWindowBounds", { windowId, bounds: { width, height } });
  }
  const expression = `(${RESIZED})(${width}, ${height})`;
  await cdp.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true }, sessionId);
};

/** Sends the first tab to a page: resolves when the order is on its way, which is before that of any client that is let in later. */
export const openPage = async (cdp: Cdp, url: string): Promise<void> => {
  const { sessionId } = await firstTab(cdp);
  const leave = () => cdp.send("Target.detachFromTarget", { sessionId });
  // Answered when the navigation has begun, which for a server that does not answer is never.
  cdp
    .send("Page.navigate", { url }, sessionId)
    .then(leave, leave)
    .catch(() => {});
};
