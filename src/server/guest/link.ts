import { setMaxListeners } from "node:events";
import type { ClientHttp2Session } from "node:http2";
import { VitrineError } from "../../contract/errors.ts";
import type { LinkAddress } from "../machine/machine.ts";
import { Backoff } from "./backoff.ts";
import { connectOnce } from "./connect.ts";
import { takePulse, unresponsive } from "./pulse.ts";

export type GuestLog = (message: string, details?: Record<string, unknown>) => void;

/** The connection to one agent, made when it is needed and again after a loss. */
export interface Link {
  /** Value of the authorization header. */
  readonly authorization: string;
  /** The agent takes another secret from now on. */
  become(secret: string): void;
  /** False while the agent does not answer. */
  readonly alive: boolean;
  /** While it is held, the agent is not expected to answer. */
  hold(held: boolean): void;
  /** Calls back when the agent ceases (false) and when it begins again (true) to answer. One that does not has the calls under way fail with guest_unresponsive. */
  onPulse(listener: (alive: boolean) => void): () => void;
  onPing(listener: (ms: number) => void): () => void;
  /** Aborts when the link is closed for good. */
  readonly closed: AbortSignal;
  /**
   * A session that leads to the agent; tries until `signal` aborts, and then says in a guest_unreachable what was in the way. A wrong secret or protocol
   * fails at once.
   */
  session(signal: AbortSignal): Promise<ClientHttp2Session>;
  /** Calls under way and later ones fail with `reason`; where there is none, with guest_link_lost and guest_unreachable. */
  close(reason?: VitrineError): void;
}

/** How long one try may take. It grows, for a guest that is only slow. */
const FIRST_TRY_MS = 1000;
const LAST_TRY_MS = 10_000;

interface Attempt {
  session: Promise<ClientHttp2Session>;
  callers: number;
  cancel: AbortController;
  /** Why the last try failed. */
  reason: string;
}

export const openLink = (address: LinkAddress, firstSecret: string, log: GuestLog): Link => {
  let secret = firstSecret;
  const pulse = takePulse();
  const closing = new AbortController();
  // Each call that waits for the link listens.
  setMaxListeners(0, closing.signal);
  let current: ClientHttp2Session | null = null;
  let attempt: Attempt | null = null;

  const tryUntilDone = async (self: Attempt): Promise<ClientHttp2Session> => {
    const { signal } = self.cancel;
    const backoff = new Backoff();
    for (let tries = 0; ; tries++) {
      const limit = AbortSignal.timeout(Math.min(FIRST_TRY_MS * 2 ** tries, LAST_TRY_MS));
      try {
        const session = await connectOnce(address, secret, AbortSignal.any([signal, limit]));
        session.once("close", () => log("guest link lost"));
        log("guest link connected", { tries: tries + 1 });
        current = session;
        pulse.follow(session);
        return session;
      } catch (error) {
        if (error instanceof VitrineError || signal.aborted) throw error;
        self.reason = limit.aborted ? "it accepts connections and stays silent" : (error as Error).message;
      }
      await backoff.wait(signal);
    }
  };

  const begin = (): Attempt => {
    const self: Attempt = { session: Promise.reject(), callers: 0, cancel: new AbortController(), reason: "it was not reached in time" };
    self.session.catch(() => {});
    self.session = tryUntilDone(self).finally(() => {
      if (attempt === self) attempt = null;
    });
    self.session.catch(() => {});
    return self;
  };

  // Streams may have no deadline of their own.
  pulse.events.on("silent", () => current?.destroy(unresponsive()));

  return {
    get authorization() {
      return `Bearer ${secret}`;
    },
    become: (next) => {
      secret = next;
    },
    get alive() {
      return pulse.alive;
    },
    hold: pulse.hold,
    onPulse: (listener) => {
      pulse.events.on("change", listener);
      return () => pulse.events.off("change", listener);
    },
    onPing: (listener) => {
      pulse.events.on("answer", listener);
      return () => pulse.events.off("answer", listener);
    },
    closed: closing.signal,
    session: async (signal) => {
      if (closing.signal.aborted) throw closing.signal.reason;
      if (current && !current.closed && !current.destroyed) return current;
      attempt ??= begin();
      const mine = attempt;
      mine.callers++;
      const given = Promise.withResolvers<never>();
      given.promise.catch(() => {});
      const giveUp = () => given.reject(new VitrineError("guest_unreachable", { reason: mine.reason }, { cause: signal.reason }));
      const onClosed = () => given.reject(closing.signal.reason);
      const onSilent = () => given.reject(unresponsive());
      if (signal.aborted) giveUp();
      signal.addEventListener("abort", giveUp, { once: true });
      closing.signal.addEventListener("abort", onClosed, { once: true });
      pulse.events.on("silent", onSilent);
      try {
        return await Promise.race([mine.session, given.promise]);
      } finally {
        signal.removeEventListener("abort", giveUp);
        closing.signal.removeEventListener("abort", onClosed);
        pulse.events.off("silent", onSilent);
        // Nobody waits for it any more.
        if (--mine.callers === 0 && attempt === mine) {
          attempt = null;
          mine.cancel.abort();
        }
      }
    },
    close: (reason) => {
      closing.abort(reason ?? new VitrineError("guest_unreachable", { reason: "the link to it is closed" }));
      attempt?.cancel.abort();
      pulse.close();
      current?.destroy(reason);
      current = null;
    },
  };
};
