import type { IncomingMessage } from "node:http";
import { setsSession, withoutSession } from "../auth/cookies.ts";

/** What is between two neighbours and not between the ends (RFC 9110, 7.6.1). */
const HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** Set by us; what a client says of them is not believed. */
const OURS = new Set(["host", "expect", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-vitrine-token"]);

/** Whether a credential is one of the service's API keys, by its looks: nobody may find out here whether it is good. */
const isKey = (authorization: string): boolean => /^Bearer vtr_/i.test(authorization);

/** Headers as Node writes them: name, value, name, value. */
type Flat = string[];

/** The message's own headers, in their order and case, without those of the hop and those that `leaveOut` names (lower case). */
const endToEnd = ({ rawHeaders, headers }: IncomingMessage, leaveOut: (name: string, value: string) => boolean): Flat => {
  const named = new Set((headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase()));
  // Whoever names it would hide where the body ends.
  named.delete("content-length");
  const kept: Flat = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = "", value = ""] = rawHeaders.slice(at, at + 2);
    const lower = name.toLowerCase();
    if (!HOP.has(lower) && !named.has(lower) && !leaveOut(lower, value)) kept.push(name, value);
  }
  return kept;
};

export interface Forwarding {
  secure: boolean;
  /** Further headers that are not passed on, lower case. */
  without?: readonly string[];
}

/** A client's headers for a server in the guest: without what is the service's, with who asked for what. */
export const forwardedHeaders = (request: IncomingMessage, { secure, without = [] }: Forwarding): Flat => {
  const host = String(request.headers.host);
  const leaveOut = (name: string, value: string) =>
    OURS.has(name) || name === "cookie" || (name === "authorization" && isKey(value)) || without.includes(name);
  const cookie = withoutSession(request.headers.cookie ?? "");
  return [
    ...["Host", host],
    ...endToEnd(request, leaveOut),
    ...(cookie === "" ? [] : ["Cookie", cookie]),
    ...["X-Forwarded-For", request.socket.remoteAddress ?? "unknown"],
    ...["X-Forwarded-Host", host],
    ...["X-Forwarded-Proto", secure ? "https" : "http"],
  ];
};

/** The headers of a guest's server for its client; our own cookie is not the guest's to set. */
export const answeredHeaders = (response: IncomingMessage): Flat =>
  endToEnd(response, (name, value) => name === "set-cookie" && setsSession(value));
