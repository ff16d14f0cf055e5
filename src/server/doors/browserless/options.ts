import querystring from "node:querystring";
import { z } from "zod";
import { CreateComputer, type CreateComputerInput } from "../../../contract/computer.ts";
import { VitrineError } from "../../../contract/errors.ts";
import { parse } from "../../parse.ts";

/** What a connection's query asks for. */
export interface Wanted {
  computer: CreateComputer;
  /** Milliseconds that the session may last, once it has its browser; null: as long as the client likes. */
  timeoutMs: number | null;
}

type Fields = Record<string, unknown>;

/** The longest delay a Node timer takes. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** What only steers a puppeteer of Browserless's own, which is not here. */
const WITHOUT_EFFECT = ["slowMo", "dumpio", "pipe", "waitForInitialPage", "ignoreDefaultArgs"];

const spoken: Record<string, boolean> = { true: true, "": true, "1": true, false: false, "0": false };
const Flag = z.preprocess((value) => spoken[String(value)] ?? value, z.union([z.boolean(), z.enum(["new", "old", "shell"])]));
const Known = z.object({
  headless: Flag.optional(),
  timeout: z.coerce.number().int().min(-1).max(MAX_DELAY_MS).default(0),
  args: z.array(z.string().max(8192)).max(256).default([]),
  externalProxyServer: z.string().optional(),
  trackingId: z.string().optional(),
  computer: z.record(z.string(), z.unknown()).default({}),
});

/** An object that a query holds as JSON, or as JSON in base64. */
const objectIn = (name: string, text: string): Fields => {
  for (const json of [text, Buffer.from(text, "base64").toString()]) {
    try {
      const value: unknown = JSON.parse(json);
      if (value !== null && typeof value === "object" && !Array.isArray(value)) return value as Fields;
    } catch {
      // The other form, then.
    }
  }
  throw new VitrineError("invalid_request", { reason: `query.${name}: give a JSON object, as it is or in base64` });
};

/** `--name=value` as name and value. */
const switchOf = (text: string): [string, string] => {
  const [name = "", ...value] = text.replace(/^--/, "").split("=");
  return [name, value.join("=")];
};

/** A proxy as Chromium takes it: the scheme is http, and the port the scheme's, unless they are said. */
const proxyOf = (text: string): object => {
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (!url) return { server: text };
  const { protocol, hostname, username, password } = url;
  const port = url.port || (protocol === "http:" ? 80 : 1080);
  return {
    server: `${protocol}//${hostname}:${port}`,
    ...(username && { username: querystring.unescape(username) }),
    ...(password && { password: querystring.unescape(password) }),
  };
};

/** The switches of Chromium that an option of ours stands for; the others mean nothing here. */
const SWITCHES: Record<string, (value: string) => Fields> = {
  "window-size": (value) => {
    const [width, height] = value.split(/[,x]/).map(Number);
    return { viewport: { width, height } };
  },
  "user-agent": (value) => ({ user_agent: value }),
  lang: (value) => ({ locale: value }),
  "proxy-server": (value) => ({ proxy: proxyOf(value) }),
};

const refuseUnknown = (fields: Fields): void => {
  for (const [name, value] of Object.entries(fields)) {
    if (Object.hasOwn(Known.shape, name) || WITHOUT_EFFECT.includes(name)) continue;
    // Saying no to what is not here asks for nothing.
    if (value && spoken[String(value)] !== false)
      throw new VitrineError("unsupported_option", {
        option: name.slice(0, 64),
        reason: "the Browserless door has no such option. Leave it out, or say what you need with 'computer'",
      });
  }
};

/**
 * What Browserless's query asks for, in our own terms. Single parameters go before those of `launch`, and both before `computer`, which is the JSON that POST /v1/computers
 * takes. Throws invalid_request, unsupported_option, no_browser.
 */
export const wantedBy = (query: URLSearchParams): Wanted => {
  const { token: _, launch, computer, ...single } = Object.fromEntries(query);
  const inLaunch = launch === undefined ? {} : objectIn("launch", launch);
  const switches = Object.entries(single).filter(([name]) => name.startsWith("--"));
  const named = Object.fromEntries(Object.entries(single).filter(([name]) => !name.startsWith("--")));
  const fields: Fields = { ...inLaunch, ...named, ...(computer !== undefined && { computer: objectIn("computer", computer) }) };
  refuseUnknown(fields);
  const { headless, timeout, args, externalProxyServer, trackingId, computer: ours } = parse(Known, fields, "query");

  const mapped = [...args.map(switchOf), ...switches.map(([name, value]): [string, string] => [name.slice(2), value])].map(
    ([name, value]) => (Object.hasOwn(SWITCHES, name) ? SWITCHES[name]!(value) : {}),
  );
  const browser = Object.assign(
    { ...(ours.browser as Fields | undefined) },
    ...mapped,
    externalProxyServer !== undefined && { proxy: proxyOf(externalProxyServer) },
    headless !== undefined && { mode: headless === false ? "live" : "headless" },
  );
  const request = {
    ...ours,
    browser,
    ...(trackingId !== undefined && { metadata: { ...(ours.metadata as Fields | undefined), tracking_id: trackingId } }),
  } as CreateComputerInput;
  const parsed = parse(CreateComputer, request, "computer");
  if (parsed.template === "scratch") throw new VitrineError("no_browser");
  return { computer: parsed, timeoutMs: timeout > 0 ? timeout : null };
};
