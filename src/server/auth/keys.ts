import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { IncomingMessage } from "node:http";
import { VitrineError } from "../../contract/errors.ts";
import type { CreateKey } from "../../contract/keys.ts";
import type { KeyRecord, KeyStore } from "../store/keys.ts";
import { type Attempts, rateLimited } from "./attempts.ts";
import { type Caller, OPERATOR } from "./caller.ts";
import { sameSecret } from "./key.ts";
import { RateLimit } from "./rate-limit.ts";

/** The longest delay a Node timer takes. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** One round of SHA-256 is enough: the secret is 192 random bits, so there is no guessing to be made slow, as there is with what people choose. */
const hashOf = (secret: string): Buffer => createHash("sha256").update(secret).digest();

/** `vtr_<id>_<secret>`: the id says which row to compare with. */
const parts = (text: string): { id: string; secret: string } | null => {
  const [, id, secret] = /^vtr_([a-z2-7]{12})_([\w-]{32})$/.exec(text) ?? [];
  return id === undefined || secret === undefined ? null : { id: `key_${id}`, secret };
};

const bearerOf = ({ headers }: IncomingMessage): string => /^Bearer (.*)$/i.exec(headers.authorization ?? "")?.[1] ?? "";

export interface KeyPorts {
  store: KeyStore;
  operatorKey: string;
  attempts: Attempts;
  generateId(prefix: string): string;
  /** Takes back what a key that was revoked or has expired has given out. */
  onEnd(id: string): void;
  now?: () => number;
}

/** The API keys: the operator's, and those that it has made. */
export const openKeys = ({ store, operatorKey, attempts, generateId, onEnd, now = Date.now }: KeyPorts) => {
  const requests = new RateLimit(now);
  const endings = new Map<string, AbortController>();
  let timer: NodeJS.Timeout | undefined;

  const endingOf = (id: string): AbortController => {
    const known = endings.get(id);
    if (known) return known;
    const made = new AbortController();
    setMaxListeners(0, made.signal);
    endings.set(id, made);
    return made;
  };
  const isOver = ({ expires_at, revoked_at }: KeyRecord): boolean =>
    revoked_at !== null || (expires_at !== null && Date.parse(expires_at) <= now());

  const end = (id: string, at: string, why: string): void => {
    if (!store.revoke(id, at)) return;
    endings.get(id)?.abort(new Error(why));
    endings.delete(id);
    onEnd(id);
  };
  /** Ends the keys whose time is up, and sets the timer for the next one. */
  const expire = (): void => {
    clearTimeout(timer);
    let next = Number.POSITIVE_INFINITY;
    for (const key of store.list()) {
      if (key.revoked_at !== null || key.expires_at === null) continue;
      if (isOver(key)) end(key.id, key.expires_at, "the key has expired");
      else next = Math.min(next, Date.parse(key.expires_at));
    }
    if (next < Number.POSITIVE_INFINITY) timer = setTimeout(expire, Math.min(next - now(), MAX_DELAY_MS)).unref();
  };

  const callerOf = (key: KeyRecord): Caller => ({ id: key.id, key, computerId: null, ended: endingOf(key.id).signal });
  const identify = (given: string, claimed: ReturnType<typeof parts>): Caller => {
    if (sameSecret(given, operatorKey)) return OPERATOR;
    const key = claimed && store.get(claimed.id);
    if (!key || !timingSafeEqual(hashOf(claimed.secret), Buffer.from(key.secret_hash, "hex")) || isOver(key))
      throw new VitrineError("unauthorized");
    return callerOf(key);
  };
  /** Counts a request of the key's. Throws rate_limited. */
  const counted = (caller: Caller): Caller => {
    const wait = caller.key ? requests.take(caller.key.id, caller.key.requests_per_minute) : 0;
    if (wait > 0) throw rateLimited(`This key may make ${caller.key?.requests_per_minute} requests a minute`, wait);
    return caller;
  };

  return {
    /** Whose key the request carries, in its header unless it is `given`. Throws unauthorized, rate_limited. */
    caller: (request: IncomingMessage, given = bearerOf(request)): Caller => {
      if (!/^[\x21-\x7e]{1,512}$/.test(given)) throw new VitrineError("unauthorized");
      const claimed = parts(given);
      const claim = claimed && store.get(claimed.id) ? claimed.id : OPERATOR.id;
      return counted(attempts.check(request, claim, () => identify(given, claimed)));
    },
    /** Who holds the key of this id (null: the operator's), for whoever has shown it before. Throws unauthorized when it is over, rate_limited. */
    holder: (id: string | null): Caller => {
      if (id === null) return OPERATOR;
      const key = store.get(id);
      if (!key || isOver(key)) throw new VitrineError("unauthorized");
      return counted(callerOf(key));
    },
    /** A new key; its text is kept nowhere. */
    create: ({ expires_in_s, ...input }: CreateKey): { record: KeyRecord; text: string } => {
      const id = generateId("key");
      const secret = randomBytes(24).toString("base64url");
      const record: KeyRecord = {
        ...input,
        id,
        secret_hash: hashOf(secret).toString("hex"),
        created_at: new Date(now()).toISOString(),
        expires_at: expires_in_s === undefined ? null : new Date(now() + expires_in_s * 1000).toISOString(),
        revoked_at: null,
      };
      store.insert(record);
      expire();
      return { record, text: `${id.replace("key_", "vtr_")}_${secret}` };
    },
    list: store.list,
    /** Ends a key and what is open with it. Repeating it is a success. Throws key_not_found. */
    revoke: (id: string): void => {
      if (!store.get(id)) throw new VitrineError("key_not_found", { id });
      end(id, new Date(now()).toISOString(), "the key was revoked");
    },
    /** Whether what a key owns has come to the operator, because the key is no more. */
    isOver: (id: string | null): boolean => {
      const key = id === null ? null : store.get(id);
      return key !== null && isOver(key);
    },
    /** To be called once, when the computers are in order: ends what expired while the service was away. */
    expire,
    close: (): void => clearTimeout(timer),
  };
};
export type Keys = ReturnType<typeof openKeys>;
