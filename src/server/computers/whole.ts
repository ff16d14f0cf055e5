import { VitrineError } from "../../contract/errors.ts";
import type { GuestState } from "../../contract/guest/protocol.ts";
import { type ComputerRecord, hasBrowser, hasDisplay } from "./record.ts";

/** True when everything that `running` promises of the desktop is there. Throws browser_unavailable when Chromium will not come. */
export const isWhole =
  ({ browser, display }: { browser: boolean; display: boolean }) =>
  (state: GuestState): boolean => {
    if (!browser) return true;
    if (state.browser.status === "failed")
      throw new VitrineError("browser_unavailable", { reason: state.browser.reason ?? "it does not start" });
    return state.browser.status === "ready" && (!display || (state.display && state.window));
  };

export const wholeFor = (record: ComputerRecord) => isWhole({ browser: hasBrowser(record), display: hasDisplay(record) });
