import type { BrowserOptions } from "../../contract/computer.ts";
import type { Cdp } from "./cdp.ts";

/** Options of a session that Chromium takes while it runs, for as long as whoever gave them is connected. */
export type Overrides = Pick<BrowserOptions, "user_agent" | "locale" | "geolocation" | "extra_headers">;

export const hasOverrides = ({ user_agent, locale, geolocation, extra_headers }: Overrides): boolean =>
  user_agent !== undefined || locale !== undefined || geolocation !== undefined || extra_headers !== undefined;

/** `cs-CZ` as a browser set to it would send it. */
const acceptLanguage = (locale: string): string => [...new Set([locale, locale.split("-")[0]!])].join(",");

/** What each target is told. Source: the Chrome DevTools Protocol, domains Emulation and Network. */
const commands = (overrides: Overrides, ownUserAgent: string): [method: string, params: object][] => {
  const { user_agent, locale, geolocation, extra_headers } = overrides;
  const list: [string, object][] = [];
  if (user_agent !== undefined || locale !== undefined)
    list.push([
      "Emulation.setUserAgentOverride",
      { userAgent: user_agent ?? ownUserAgent, ...(locale !== undefined && { acceptLanguage: acceptLanguage(locale) }) },
    ]);
  if (locale !== undefined) list.push(["Emulation.setLocaleOverride", { locale }]);
  if (geolocation) list.push(["Emulation.setGeolocationOverride", geolocation]);
  if (extra_headers) list.push(["Network.enable", { maxTotalBufferSize: 0 }], ["Network.setExtraHTTPHeaders", { headers: extra_headers }]);
  return list;
};

/** All but Chromium's own surfaces, which show no page of the session's. Source: CDP, Target.TargetFilter; the first that fits a target counts. */
const FILTER = [...["browser", "tab", "browser_ui"].map((type) => ({ type, exclude: true })), {}];
const ATTACH = { autoAttach: true, waitForDebuggerOnStart: true, flatten: true, filter: FILTER };

/**
 * Tells every page, frame and worker of the browser, now and as they come; each is held until it has been told. Resolves when those that are there have been. Ends with the
 * connection.
 */
export const applyOverrides = async (cdp: Cdp, overrides: Overrides): Promise<void> => {
  const version = await cdp.send("Browser.getVersion");
  const told = commands(overrides, String(version.userAgent));
  const pending = new Set<Promise<void>>();

  const tell = async (sessionId: string): Promise<void> => {
    // Not every kind of target takes every command, and a target may be gone before it answers.
    const answers = [...told, ["Target.setAutoAttach", ATTACH] as const].map(([method, params]) =>
      cdp.send(method, params, sessionId).catch(() => {}),
    );
    answers.push(cdp.send("Runtime.runIfWaitingForDebugger", {}, sessionId).catch(() => {}));
    await Promise.all(answers);
  };
  cdp.onEvent(({ method, params }) => {
    if (method !== "Target.attachedToTarget") return;
    const work = tell(String(params.sessionId)).finally(() => pending.delete(work));
    pending.add(work);
  });
  if (overrides.geolocation) await cdp.send("Browser.grantPermissions", { permissions: ["geolocation"] });
  await cdp.send("Target.setAutoAttach", ATTACH);
  await Promise.all(pending);
};
