import type { BootConfig, SessionConfig } from "../../contract/guest/protocol.ts";
import { type ComputerRecord, hasBrowser } from "../computers/record.ts";
import type { BootFiles } from "../machine/machine.ts";

const shellLine = ([key, value]: [string, string]): string => `${key}='${value.replaceAll("'", `'\\''`)}'\n`;

/** What a computer's guest reads when it boots. `config` holds the guest's secret. */
export const bootFiles = (record: Pick<ComputerRecord, "name" | "spec">, secret: string): BootFiles => {
  const { browser, env } = record.spec;
  const config: BootConfig = {
    secret,
    hostname: record.name,
    settings: { env },
  };
  const session: SessionConfig = {
    VITRINE_HOSTNAME: record.name,
    VITRINE_BROWSER: hasBrowser(record) ? browser.mode : "none",
    VITRINE_WIDTH: String(browser.viewport.width),
    VITRINE_HEIGHT: String(browser.viewport.height),
    // A profile is not there yet when Chromium first starts; its page is opened by the service.
    VITRINE_URL: (browser.profile ? undefined : browser.url) ?? "",
    VITRINE_USER_AGENT: browser.user_agent ?? "",
    VITRINE_TZ: browser.timezone ?? "",
    VITRINE_LOCALE: browser.locale ?? "",
  };
  return { config: JSON.stringify(config), session: Object.entries(session).map(shellLine).join("") };
};
