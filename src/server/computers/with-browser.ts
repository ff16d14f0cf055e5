import { type Cdp, connectCdp } from "../browser/cdp.ts";
import type { Guest } from "../guest/guest.ts";

/** Does `work` with a connection to the guest's Chromium that ends with it. Errors: browser_unavailable. */
export const withBrowser = async (guest: Guest, signal: AbortSignal, work: (cdp: Cdp) => Promise<void>): Promise<void> => {
  const cdp = await connectCdp(guest, signal);
  try {
    await work(cdp);
  } finally {
    cdp.close();
  }
};
