import { VitrineError } from "../../contract/errors.ts";
import { discover } from "../browser/discover.ts";
import { type BrowserGuest, withBrowser } from "../browser/endpoint.ts";
import { parseJson } from "../browser/read-json.ts";

/** Where a client finds the CDP endpoint: `wsBase` is ws(s)://HOST/v1/computers/ID/cdp. */
export interface CdpUrls {
  wsBase: string;
  token: string;
}

export interface CdpHttpRequest {
  guest: BrowserGuest;
  method: string;
  /** What follows /cdp in the request's URL, query included, like /json/list?token=T. */
  path: string;
  urls: CdpUrls;
  signal: AbortSignal;
  waitMs?: number;
}

export interface CdpHttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

const TARGET = /^[\w-]{1,128}$/;

const READ = ["GET"];
/** /json/new is PUT alone in Chromium, because a GET can be made by any page; for the other two any verb will do. */
const ROUTES: Record<string, readonly string[]> = {
  "/json": READ,
  "/json/list": READ,
  "/json/version": READ,
  "/json/protocol": READ,
  "/json/new": ["PUT"],
  "/json/activate": ["GET", "PUT", "POST"],
  "/json/close": ["GET", "PUT", "POST"],
};

interface Route {
  name: string;
  target?: string;
}

const routeOf = (path: string): Route | null => {
  const [, verb, target] = /^(\/json\/(?:activate|close))\/([^/]+)\/?$/.exec(path) ?? [];
  if (verb && target) return { name: verb, target };
  const name = path === "/json/" ? path : path.replace(/\/$/, "");
  return Object.hasOwn(ROUTES, name) && !/(activate|close)$/.test(name) ? { name } : null;
};

/** The query as it came, because /json/new takes all of it as the page's URL, without the pair that carries the token. */
const withoutToken = (query: string, token: string): string => {
  const pairs = query.split("&");
  const at = pairs.findIndex((pair) => pair === `token=${token}` || pair === `token=${encodeURIComponent(token)}`);
  return at < 0 ? query : pairs.toSpliced(at, 1).join("&");
};

/** Public form of a WebSocket URL of Chromium's, or undefined when it is none that the relay serves. */
const publicUrl = (url: unknown, { wsBase, token }: CdpUrls): string | undefined => {
  const [, kind, target] = /\/devtools\/(browser|page)\/([\w-]{1,128})$/.exec(String(url)) ?? [];
  if (!kind) return undefined;
  const path = kind === "browser" ? "" : `/devtools/page/${target}`;
  return `${wsBase}${path}?token=${encodeURIComponent(token)}`;
};

/** The DevTools front-end is not served, so its URLs, which name the guest's own address, are dropped. */
const rewritten = (value: unknown, urls: CdpUrls): unknown => {
  if (Array.isArray(value)) return value.map((entry) => rewritten(entry, urls));
  if (value === null || typeof value !== "object") return value;
  const { devtoolsFrontendUrl: _, devtoolsFrontendUrlCompat: __, webSocketDebuggerUrl, ...rest } = value as Record<string, unknown>;
  const url = publicUrl(webSocketDebuggerUrl, urls);
  return url ? { ...rest, webSocketDebuggerUrl: url } : rest;
};

/**
 * Chromium's discovery endpoints (/json/...), asked through the guest link, with its WebSocket URLs replaced by public ones. Waits for a
 * Chromium that is starting. Errors: route_not_found, method_not_allowed, target_not_found, invalid_request, browser_unavailable.
 */
export const cdpHttp = async ({ guest, method, path, urls, signal, waitMs }: CdpHttpRequest): Promise<CdpHttpAnswer> => {
  if (!/^[\x21-\x7e]{1,16384}$/.test(path))
    throw new VitrineError("invalid_request", { reason: "the URL has characters that must be escaped" });
  const [pathname = "", ...rest] = path.split("?");
  const route = routeOf(pathname);
  if (!route) throw new VitrineError("route_not_found", { method, path: pathname });
  if (!ROUTES[route.name]!.includes(method)) throw new VitrineError("method_not_allowed", { method, path: pathname });
  if (route.target && !TARGET.test(route.target)) throw new VitrineError("target_not_found", { target: route.target.slice(0, 128) });

  const query = withoutToken(rest.join("?"), urls.token);
  const upstream = `${route.name}${route.target ? `/${route.target}` : ""}${query && `?${query}`}`;
  const ask = (_: string, bounded: AbortSignal) => discover(guest, { method, path: upstream }, bounded);
  const { status, body } = await withBrowser(guest, signal, ask, waitMs);

  if (status === 404 && route.target) throw new VitrineError("target_not_found", { target: route.target });
  if (status < 200 || status > 299) throw new VitrineError("browser_unavailable", { reason: `it answered ${status} to ${pathname}` });
  const headers = { "cache-control": "no-store", "x-content-type-options": "nosniff" };
  if (route.target) return { status, headers: { ...headers, "content-type": "text/plain; charset=utf-8" }, body };
  const json = Buffer.from(JSON.stringify(rewritten(parseJson(body), urls)));
  return { status, headers: { ...headers, "content-type": "application/json; charset=utf-8" }, body: json };
};
