import type { IncomingMessage } from "node:http";
import { VitrineError } from "../../contract/errors.ts";
import type { Emit } from "../timeline/timeline.ts";
import { RateLimit } from "./rate-limit.ts";

/** Wrong keys and tokens a minute, from one address, for one key, link or recording. */
const FAILURES = 30;
/** Events of refusals a minute: of one such pair, and in all. */
const TOLD = 1;
const TOLD_IN_ALL = 60;

/** Where a request comes from. A host has a whole /64 of IPv6 to itself. */
export const originOf = (address: string): string => {
  const v4 = address.replace(/^::ffff:(?=[\d.]+$)/, "");
  if (!v4.includes(":")) return v4;
  const [head = "", tail] = v4.split("::");
  const groups = head.split(":").filter(Boolean);
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(":").filter(Boolean).length;
  return [...groups, ...Array<string>(missing).fill("0"), ...(tail ?? "").split(":")].slice(0, 4).join(":");
};

export const rateLimited = (what: string, waitMs: number): VitrineError =>
  new VitrineError("rate_limited", { what, retry_after_s: Math.ceil(waitMs / 1000) });

/** Keeps keys and tokens from being guessed fast, and tells of those that were refused, without a flood of either becoming one of events. */
export const watchAttempts = (emit: Emit, now?: () => number) => {
  const failures = new RateLimit(now);
  const told = new RateLimit(now);
  return {
    /**
     * Runs the check of a credential. `claim` is whose it says it is: the id of a key, link or recording that there is, or else what kind of thing it is. The failures for
     * one are counted by themselves, so who guesses behind the same proxy shuts nobody out but who uses the same. Throws what `check` throws, and rate_limited before it.
     */
    check: <T>(request: IncomingMessage, claim: string, check: () => T): T => {
      const name = `${originOf(request.socket.remoteAddress ?? "")} ${claim}`;
      const wait = failures.wait(name, FAILURES);
      if (wait > 0) throw rateLimited("Too many wrong keys or links came from this address", wait);
      try {
        return check();
      } catch (error) {
        if (error instanceof VitrineError && (error.code === "unauthorized" || error.code === "link_invalid")) {
          failures.take(name, FAILURES);
          if (told.wait("", TOLD_IN_ALL) === 0 && told.take(name, TOLD) === 0) {
            told.take("", TOLD_IN_ALL);
            const data = { action: "refused", code: error.code, claim, address: request.socket.remoteAddress ?? null };
            emit({ type: "audit", computer_id: null, data });
          }
        }
        throw error;
      }
    },
  };
};
export type Attempts = ReturnType<typeof watchAttempts>;
