import type { BrowserState, GuestState } from "../../contract/guest/protocol.ts";

export interface CrashListeners {
  browser(state: BrowserState): void;
  display(): void;
  windowManager(): void;
}

/** Calls back when a browser that was there is started again, or given up, when a display that was there is gone, and when a window manager is started again that had not ended with its display. */
export const crashWatch = (on: CrashListeners): ((state: Pick<GuestState, "browser" | "display" | "manager_starts">) => void) => {
  let before: BrowserState | null = null;
  let wasReady = false;
  let hadDisplay = false;
  // How many of them the displays that ended account for.
  let expected = 1;
  return ({ browser, display, manager_starts }) => {
    const again = before !== null && browser.starts > before.starts && wasReady;
    const failed = browser.status === "failed" && before?.status !== "failed";
    const dark = hadDisplay && !display;
    if (before === null) expected = Math.max(manager_starts, 1);
    if (dark) expected = manager_starts + 1;
    const unmanaged = manager_starts > expected;
    if (unmanaged) expected = manager_starts;
    wasReady ||= browser.status === "ready";
    before = browser;
    hadDisplay = display;
    if (dark) on.display();
    if (unmanaged) on.windowManager();
    if (again || failed) on.browser(browser);
  };
};
