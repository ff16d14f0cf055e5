import type { BrowserState } from "../../contract/guest/protocol.ts";

/** Calls back when a browser that was there is started again, or given up. */
export const crashWatch = (onCrash: (browser: BrowserState) => void): ((browser: BrowserState) => void) => {
  let before: BrowserState | null = null;
  let wasReady = false;
  return (browser) => {
    const again = before !== null && browser.starts > before.starts && wasReady;
    const failed = browser.status === "failed" && before?.status !== "failed";
    wasReady ||= browser.status === "ready";
    before = browser;
    if (again || failed) onCrash(browser);
  };
};
