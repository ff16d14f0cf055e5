import type { IncomingMessage } from "node:http";

/** The one cookie that the service sets: a link's session (tokens.ts). */
const NAME = "vitrine_link";

const pairsOf = (header: string): string[] => header.split(";").map((pair) => pair.trim());
const isOurs = (pair: string): boolean => pair === NAME || pair.startsWith(`${NAME}=`);

/** The sessions that a request brings. Several: a page on a neighbouring host may have added one of its own. */
export const sessionsIn = ({ headers }: IncomingMessage): string[] =>
  pairsOf(headers.cookie ?? "")
    .filter(isOurs)
    .map((pair) => pair.slice(NAME.length + 1));

/** A Cookie header without our cookie; empty when nothing else was in it. */
export const withoutSession = (header: string): string =>
  pairsOf(header)
    .filter((pair) => pair !== "" && !isOurs(pair))
    .join("; ");

/** Whether a Set-Cookie header sets our cookie, which nobody else may. */
export const setsSession = (header: string): boolean => isOurs(pairsOf(header)[0] ?? "");

/** A Set-Cookie header for the host that the request named, and no other. */
export const sessionCookie = (
  session: string,
  { path, sameSite, secure, expiresAt }: { path: string; sameSite: "Strict" | "Lax"; secure: boolean; expiresAt: string | null },
): string =>
  [
    `${NAME}=${session}`,
    `Path=${path}`,
    "HttpOnly",
    `SameSite=${sameSite}`,
    ...(secure ? ["Secure"] : []),
    ...(expiresAt === null ? [] : [`Expires=${new Date(expiresAt).toUTCString()}`]),
  ].join("; ");
