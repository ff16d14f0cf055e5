import { type Cdp, connectCdp } from "./cdp.ts";
import type { BrowserGuest } from "./endpoint.ts";

/** A connection to whichever Chromium runs. */
export interface Following {
  /** Resolves when `use` has been done with the first one; rejects when that failed. */
  readonly first: Promise<void>;
  close(): void;
}

/**
 * Connects to the guest's Chromium and does `use`, and again with each one that is started later, since a connection ends with its Chromium. `onFailure` is told when that
 * fails with a later one; nobody follows any more then.
 */
export const followBrowser = (guest: BrowserGuest, use: (cdp: Cdp) => Promise<void>, onFailure: (error: unknown) => void): Following => {
  const ended = new AbortController();
  let cdp: Cdp | null = null;
  const follow = async (): Promise<void> => {
    const connection = await connectCdp(guest, ended.signal);
    if (ended.signal.aborted) return connection.close();
    cdp = connection;
    await use(connection);
    void connection.closed.then(() => {
      if (!ended.signal.aborted) follow().catch((error) => ended.signal.aborted || onFailure(error));
    });
  };
  const first = follow();
  first.catch(() => {});
  return {
    first,
    close: () => {
      ended.abort(new Error("nobody follows the browser any more"));
      cdp?.close();
    },
  };
};
