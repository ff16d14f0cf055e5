import type { IncomingMessage } from "node:http";
import { VitrineError } from "../../contract/errors.ts";

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\]|([a-z0-9-]+\.)+localhost)$/;

/** Host name of a Host header, lower case, without its port; null when it is not one. */
const hostName = (header: string | undefined): string | null => {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$/.exec(header?.toLowerCase() ?? "");
  return match?.[1] ?? null;
};

/**
 * Refuses requests that a web page tricked a browser into (DNS rebinding, foreign origins), on plain requests and upgrades alike. A Host is good
 * when it is a loopback name, the very address the connection came in on, or in `allowed`. An Origin, when there is one, must be the Host's own.
 */
export const checkOrigin = (request: IncomingMessage, allowed: readonly string[]): void => {
  const host = hostName(request.headers.host);
  const local = request.socket.localAddress?.replace(/^::ffff:/, "");
  // Two of them are read differently by whoever stands before the service.
  const one = request.headersDistinct.host?.length === 1;
  const good = one && host !== null && (LOOPBACK.test(host) || host === local || host === `[${local}]` || allowed.includes(host));
  if (!good) throw new VitrineError("host_forbidden", { host: String(request.headersDistinct.host?.join(", ") ?? "(none)").slice(0, 100) });
  const { origin } = request.headers;
  if (origin === undefined) return;
  const own = URL.canParse(origin) ? new URL(origin) : null;
  if (own?.host !== request.headers.host?.toLowerCase() || !/^https?:$/.test(own?.protocol ?? ""))
    throw new VitrineError("origin_forbidden", { origin: origin.slice(0, 100) });
};

/**
 * Refuses what a browser sends with our cookie but none of our pages asked for, beyond what SameSite and `checkOrigin` refuse: neighbouring hosts, as published ports have, may be the
 * same site, and a request without an Origin may be theirs.
 */
export const requireOwnPage = ({ method, headers }: IncomingMessage): void => {
  const { origin, upgrade, "sec-fetch-site": site } = headers;
  const changes = (method !== "GET" && method !== "HEAD") || upgrade !== undefined;
  if ((changes && origin === undefined) || (site !== undefined && site !== "same-origin" && site !== "none"))
    throw new VitrineError("origin_forbidden", { origin: origin ?? "(none)" });
};
