import type { IncomingMessage } from "node:http";

/** The two cookies that the service sets: a link's session (tokens.ts), and that of a browser that signed in (sessions.ts). */
const LINK = "vitrine_link";
const SIGNED_IN = "vitrine_session";
const OURS = new RegExp(`^(${LINK}|${SIGNED_IN}(_\\d+)?)(=|$)`);

const pairsOf = (header: string): string[] => header.split(";").map((pair) => pair.trim());
const isOurs = (pair: string): boolean => OURS.test(pair);
/** Values of a cookie. Several: a page on a neighbouring host may have added one of its own. */
const valuesOf = ({ headers }: IncomingMessage, name: string): string[] =>
  pairsOf(headers.cookie ?? "")
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));

/** The links' sessions that a request brings. */
export const sessionsIn = (request: IncomingMessage): string[] => valuesOf(request, LINK);

/** With the port, because a browser keeps the cookies of all ports of a host together, and two services may be on one machine. */
const signedInName = ({ headers }: IncomingMessage): string => {
  const port = /:(\d+)$/.exec(headers.host ?? "")?.[1];
  return port === undefined ? SIGNED_IN : `${SIGNED_IN}_${port}`;
};

/** The sessions, of browsers that signed in, that a request brings. */
export const signInsOf = (request: IncomingMessage): string[] => valuesOf(request, signedInName(request));

/** Whether a request says that its browser signed in. */
export const isSignedIn = (request: IncomingMessage): boolean => signInsOf(request).length > 0;

/** A Cookie header without our cookies; empty when nothing else was in it. */
export const withoutSession = (header: string): string =>
  pairsOf(header)
    .filter((pair) => pair !== "" && !isOurs(pair))
    .join("; ");

/** Whether a Set-Cookie header sets a cookie of ours, which nobody else may. */
export const setsSession = (header: string): boolean => isOurs(pairsOf(header)[0] ?? "");

interface CookieOptions {
  path: string;
  sameSite: "Strict" | "Lax";
  secure: boolean;
  expiresAt: string | null;
}

const cookie = (name: string, value: string, { path, sameSite, secure, expiresAt }: CookieOptions): string =>
  [
    `${name}=${value}`,
    `Path=${path}`,
    "HttpOnly",
    `SameSite=${sameSite}`,
    ...(secure ? ["Secure"] : []),
    ...(expiresAt === null ? [] : [`Expires=${new Date(expiresAt).toUTCString()}`]),
  ].join("; ");

/** A Set-Cookie header of a link's session, for the host that the request named, and no other. */
export const sessionCookie = (session: string, options: CookieOptions): string => cookie(LINK, session, options);

/** A Set-Cookie header that signs a browser in, or, with an empty session, out. */
export const signInCookie = (request: IncomingMessage, session: string, how: { secure: boolean; expiresAt: string }): string =>
  cookie(signedInName(request), session, { path: "/", sameSite: "Strict", ...how });
