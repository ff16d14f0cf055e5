import type { BrowserGuest } from "./endpoint.ts";
import { followBrowser } from "./follow.ts";
import { applyOverrides, type Overrides } from "./overrides.ts";

/** Keeps a session's overrides in force, also in a Chromium that is started later. */
export interface Keeper {
  /** Resolves when they are in force; rejects when they could not be brought into force. */
  readonly applied: Promise<void>;
  close(): void;
}

/** `onFailure` is told when they cannot be brought into force anew. */
export const keepOverrides = (guest: BrowserGuest, overrides: Overrides, onFailure: (error: unknown) => void): Keeper => {
  const { first, close } = followBrowser(guest, (cdp) => applyOverrides(cdp, overrides), onFailure);
  return { applied: first, close };
};
