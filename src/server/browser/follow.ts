import { Backoff } from "../guest/backoff.ts";
import { type Cdp, connectCdp } from "./cdp.ts";
import type { BrowserGuest } from "./endpoint.ts";

/** A connection to whichever Chromium runs. */
export interface Following {
  /** Resolves when `use` has been done with the first one; rejects when that failed. */
  readonly first: Promise<void>;
  close(): void;
}

/** A connection that lasted as long was a good one. Milliseconds. */
const GOOD_MS = 5000;

/**
 * Connects to the guest's Chromium and does `use`, and again with each one that is started later, since a connection ends with its Chromium. `onFailure` is told each time
 * that fails; the next Chromium is waited for then, for as long as it takes.
 */
export const followBrowser = (guest: BrowserGuest, use: (cdp: Cdp) => Promise<void>, onFailure: (error: unknown) => void): Following => {
  const ended = new AbortController();
  const { signal } = ended;
  let cdp: Cdp | null = null;
  const follow = async (): Promise<Cdp> => {
    const connection = await connectCdp(guest, signal);
    cdp = connection;
    if (signal.aborted) connection.close();
    await use(connection);
    return connection;
  };
  const keep = async (attempt: Promise<Cdp>): Promise<void> => {
    // Who hangs up at once, or says again and again that it is a new Chromium, is not called again at once.
    const backoff = new Backoff();
    for (;;) {
      const began = performance.now();
      const { starts } = (await guest.waitFor(() => true, signal)).browser;
      try {
        await (await attempt).closed;
        if (performance.now() - began > GOOD_MS) backoff.reset();
      } catch (error) {
        signal.throwIfAborted();
        cdp?.close();
        onFailure(error);
        await guest.waitFor(({ browser }) => browser.status === "ready" && browser.starts !== starts, signal);
      }
      await backoff.wait(signal);
      attempt = follow();
      // It may fail before it is looked at.
      attempt.catch(() => {});
    }
  };
  const attempt = follow();
  // It ends with `ended`, or with the guest.
  keep(attempt).catch(() => {});
  const first = attempt.then(() => {});
  first.catch(() => {});
  return {
    first,
    close: () => {
      ended.abort(new Error("nobody follows the browser any more"));
      cdp?.close();
    },
  };
};
