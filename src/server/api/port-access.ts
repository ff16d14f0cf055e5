import type { IncomingMessage } from "node:http";
import { VitrineError } from "../../contract/errors.ts";
import { audit } from "../auth/audit.ts";
import { holderOf, OPERATOR } from "../auth/caller.ts";
import type { PortHost } from "../auth/port-host.ts";
import { takeToken } from "../auth/token-query.ts";
import { type Access, holderOfSession, holderOfToken, uncounted, useLink } from "./access.ts";
import type { Context } from "./context.ts";

export interface PortAccess extends Pick<Access, "record" | "computers" | "link" | "used" | "failed"> {
  /** The request's URL without our token. */
  url: string;
  /** A browser that came with the token in its URL is sent to the URL without it, and gets a session. */
  redirect: boolean;
}

/**
 * Whether a page of another origin made the request. A cookie is sent with some of those, too, and under one domain all computers are the same site to
 * a browser; only to open a page is it good then.
 */
const isForeign = ({ headers }: IncomingMessage): boolean => {
  const { origin, host } = headers;
  if (origin !== undefined) return !URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase();
  const site = headers["sec-fetch-site"];
  return (site === "same-site" || site === "cross-site") && headers["sec-fetch-mode"] !== "navigate";
};

/** The computer, where the port is public. */
const openToAll = ({ computers, ports }: Context, { port, name }: PortHost): Pick<PortAccess, "record" | "computers"> | null => {
  const record = computers.of(OPERATOR).find(name);
  if (!record || !ports.get(record.id, port)?.public) return null;
  return { record, computers: computers.of(holderOf("public", record.id)) };
};

/**
 * Lets a request for a published port in: everybody where it is public, otherwise by a port link's token in the query or in X-Vitrine-Token, or by the
 * session that was given for one. API keys are not taken: Authorization is the guest's own matter here. What does not exist and what one may not open look
 * the same.
 */
export const admitToPort = (context: Context, request: IncomingMessage, host: PortHost, upgrade: boolean): PortAccess => {
  if (!request.url?.startsWith("/")) throw new VitrineError("invalid_request", { reason: "the request's target is not a path" });
  const { token: inQuery, url } = takeToken(request.url);
  const inHeader = request.headers["x-vitrine-token"];
  const redirect = inQuery !== null && !upgrade && (request.method === "GET" || request.method === "HEAD");
  const open = openToAll(context, host);
  if (open) return { ...open, link: null, url, redirect, ...uncounted };

  const wanted = { idOrName: host.name, power: "port", port: host.port } as const;
  const token = inQuery ?? (typeof inHeader === "string" ? inHeader : null);
  if (token !== null) {
    const held = holderOfToken(context, request, token, wanted);
    const use = useLink(context, held.link);
    audit(context.emit, held.caller, { action: "port", computerId: held.record.id });
    return { ...held, url, redirect, ...use };
  }
  const held = isForeign(request) ? null : holderOfSession(context, request, wanted);
  if (!held) throw new VitrineError("link_invalid");
  return { ...held, url, redirect, ...uncounted };
};
