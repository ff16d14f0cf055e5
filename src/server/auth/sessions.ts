import { createHash } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { IncomingMessage } from "node:http";
import { VitrineError } from "../../contract/errors.ts";
import { alarm } from "../alarm.ts";
import type { SessionRecord, SessionStore } from "../store/sessions.ts";
import type { Attempts } from "./attempts.ts";
import { type Caller, ownerOf } from "./caller.ts";
import { signInsOf } from "./cookies.ts";
import { requireOwnPage } from "./guards.ts";
import { type Signer, sameSecret } from "./key.ts";
import type { Keys } from "./keys.ts";

/** How long a browser stays signed in. */
const LIFE_MS = 30 * 86_400_000;

export interface SessionPorts {
  store: SessionStore;
  keys: Pick<Keys, "holder">;
  sign: Signer;
  operatorKey: string;
  attempts: Attempts;
  generateId(prefix: string): string;
}

/**
 * Browsers that signed in with an API key. The cookie holds the session's id and a MAC, so the store has no secret; the operator's key is in the MAC of its own sessions, so
 * that another one ends them.
 */
export const openSessions = ({ store, keys, sign, operatorKey, attempts, generateId }: SessionPorts) => {
  const keyMark = createHash("sha256").update(operatorKey).digest("base64url");
  const endings = new Map<string, { abort: AbortController; disarm: () => void }>();

  const macOf = ({ id, key_id, expires_at }: SessionRecord): string => sign("sign-in", [id, expires_at, key_id ?? keyMark].join("\0"));
  /** It opens nothing from now on; the answer cuts off what it has open. */
  const close = (id: string, why: string) => {
    store.remove(id);
    const ending = endings.get(id);
    endings.delete(id);
    ending?.disarm();
    return () => ending?.abort.abort(new Error(why));
  };
  const end = (id: string, why: string): void => close(id, why)();
  const endingOf = ({ id, expires_at }: SessionRecord): AbortSignal => {
    const known = endings.get(id);
    if (known) return known.abort.signal;
    const abort = new AbortController();
    setMaxListeners(0, abort.signal);
    endings.set(id, { abort, disarm: alarm(Date.parse(expires_at), () => end(id, "the session has expired")) });
    return abort.signal;
  };
  const claimedBy = (text: string): SessionRecord | null => store.get(text.split(".", 1)[0] ?? "");
  const check = (text: string, session: SessionRecord | null): SessionRecord => {
    const good = session && sameSecret(text, `${session.id}.${macOf(session)}`) && Date.parse(session.expires_at) > Date.now();
    if (!good) throw new VitrineError("unauthorized");
    return session;
  };
  const find = (request: IncomingMessage): SessionRecord | null => {
    const given = signInsOf(request).map((text) => ({ text, claimed: claimedBy(text) }));
    // A cookie that a neighbour added is passed over; when none is good, the failure is told.
    const { text, claimed } = given.find(({ claimed }) => claimed !== null) ?? given[0] ?? {};
    return text === undefined ? null : attempts.check(request, claimed?.id ?? "a session", () => check(text, claimed ?? null));
  };

  return {
    /** Signs the browser of whoever holds a key in; `text` is for its cookie. */
    create: (caller: Caller): { text: string; session: SessionRecord } => {
      store.removeExpired(new Date().toISOString());
      const latest = Math.min(Date.now() + LIFE_MS, caller.key?.expires_at ? Date.parse(caller.key.expires_at) : Number.POSITIVE_INFINITY);
      const session = { id: generateId("ses"), key_id: ownerOf(caller), expires_at: new Date(latest).toISOString() };
      store.insert(session);
      return { text: `${session.id}.${macOf(session)}`, session };
    },
    /** The session that a request's cookie stands for; null: it has no such cookie. Throws unauthorized, rate_limited. */
    find,
    /** Who signed in; null: the request has no such cookie. Throws unauthorized, origin_forbidden, rate_limited. */
    caller: (request: IncomingMessage): Caller | null => {
      const session = find(request);
      if (!session) return null;
      requireOwnPage(request);
      return { ...keys.holder(session.key_id), ended: endingOf(session) };
    },
    /** Signs out; the answer cuts off what the session has open. */
    end: (id: string): (() => void) => close(id, "signed out"),
    /** Ends those of a key that is over. */
    endOf: (keyId: string): void => {
      for (const id of store.idsOf(keyId)) end(id, "the key was revoked or has expired");
    },
    close: (): void => {
      for (const { disarm } of endings.values()) disarm();
    },
  };
};
export type Sessions = ReturnType<typeof openSessions>;
