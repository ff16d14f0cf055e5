import type { BrowserState, GuestState } from "../../contract/guest/protocol.ts";

export interface CrashListeners {
  browser(state: BrowserState): void;
  display(): void;
}

/** Calls back when a browser that was there is started again, or given up, and when a display that was there is gone. */
export const crashWatch = (on: CrashListeners): ((state: Pick<GuestState, "browser" | "display">) => void) => {
  let before: BrowserState | null = null;
  let wasReady = false;
  let hadDisplay = false;
  return ({ browser, display }) => {
    const again = before !== null && browser.starts > before.starts && wasReady;
    const failed = browser.status === "failed" && before?.status !== "failed";
    const dark = hadDisplay && !display;
    wasReady ||= browser.status === "ready";
    before = browser;
    hadDisplay = display;
    if (dark) on.display();
    if (again || failed) on.browser(browser);
  };
};
