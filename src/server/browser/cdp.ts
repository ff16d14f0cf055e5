import { type CdpSession, openCdpSession } from "./cdp-session.ts";
import type { BrowserGuest } from "./endpoint.ts";

/** Milliseconds: what waits for a window or a page to follow takes longer than a question, and on a busy host that emulates, much longer. */
const CALL_MS = 120_000;
/** A connection that stands for itself ends its calls with it. */
const never = new AbortController().signal;

// biome-ignore lint/suspicious/noExplicitAny: CDP's own JSON, of which each user checks what it uses.
type Json = any;

/** A connection of the service's own that outlives the call that opened it. */
export interface Cdp {
  /** Errors: CdpRefusal, browser_unavailable. */
  send(method: string, params?: object, sessionId?: string): Promise<Json>;
  onEvent: CdpSession["onEvent"];
  /** Resolves when the connection has ended, however. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Connects to the guest's Chromium. `signal` ends the wait, not the connection. Errors: browser_unavailable. */
export const connectCdp = async (guest: BrowserGuest, signal: AbortSignal): Promise<Cdp> => {
  const session = await openCdpSession(guest, signal);
  return {
    send: (method, params = {}, sessionId) => session.send(method, params, { signal: never, sessionId, ms: CALL_MS }),
    onEvent: (listener) => session.onEvent(listener),
    closed: session.closed,
    close: () => session.close(),
  };
};

/** Does `work` with a connection to the guest's Chromium that ends with it. Errors: browser_unavailable. */
export const withCdp = async (guest: BrowserGuest, signal: AbortSignal, work: (cdp: Cdp) => Promise<void>): Promise<void> => {
  const cdp = await connectCdp(guest, signal);
  try {
    await work(cdp);
  } finally {
    cdp.close();
  }
};
