import type { z } from "zod";
import type { Computer } from "../../../contract/computer.ts";
import { VitrineError } from "../../../contract/errors.ts";
import type { DoorCall } from "./verb.ts";

/** A computer as the vendor's clients see a browser. Throws no_browser. */
export const browserView = ({ caller, context }: Pick<DoorCall, "caller" | "context">, computer: z.input<typeof Computer>) => {
  const { id, name, browser, status, cdp_ws_url, live_url, metadata, created_at, stopped_at } = computer;
  if (!browser) throw new VitrineError("no_browser");
  const { spec } = context.computers.of(caller).get(id);
  const { profile, url } = spec.browser;
  return {
    session_id: id,
    name,
    created_at,
    cdp_ws_url: cdp_ws_url ?? "",
    // There is no WebDriver BiDi.
    webdriver_ws_url: "",
    ...(browser.mode === "live" && live_url !== null && { browser_live_view_url: live_url }),
    headless: browser.mode === "headless",
    stealth: false,
    // 0: it is not ended however long it is idle.
    timeout_seconds: spec.idle_timeout_s ?? 0,
    viewport: browser.viewport,
    tags: metadata,
    ...(url !== undefined && { start_url: url }),
    ...(profile && { profile: { id: profile.name, name: profile.name } }),
    ...(status === "deleted" && stopped_at !== null && { deleted_at: stopped_at }),
  };
};
