import { VitrineError } from "../../contract/errors.ts";
import type { BrowserState } from "../../contract/guest/protocol.ts";
import { withDeadline } from "../deadline.ts";
import type { Guest } from "../guest/guest.ts";

/** What of a guest is needed to reach its Chromium. */
export type BrowserGuest = Pick<Guest, "connect" | "waitFor">;

/** Milliseconds that a caller waits for a Chromium that starts, or starts again. */
export const BROWSER_WAIT_MS = 30_000;

/** Thrown by an attempt that found the Chromium it was told of gone: worth another attempt with the next one. */
export class BrowserGone extends Error {
  override readonly name = "BrowserGone";
}

/** The path as the guest tells it, which is hostile input. */
const endpointPath = (browser: BrowserState): string | null =>
  browser.status === "ready" && /^\/devtools\/browser\/[\w-]{1,128}$/.test(browser.ws_path ?? "") ? browser.ws_path! : null;

/**
 * Runs `attempt` with the path of the browser endpoint as soon as Chromium is ready, and again with each Chromium that follows one which an
 * attempt found gone. After `ms` milliseconds in all: browser_unavailable with the last reason. Other errors of `attempt` pass as they are.
 */
export const withBrowser = async <T>(
  guest: BrowserGuest,
  signal: AbortSignal,
  attempt: (wsPath: string, signal: AbortSignal) => Promise<T>,
  ms = BROWSER_WAIT_MS,
): Promise<T> => {
  let reason = "it is not ready";
  const work = async (bounded: AbortSignal): Promise<T> => {
    for (let tried: string | null = null; ; ) {
      const state = await guest.waitFor(({ browser }) => {
        if (browser.status === "failed" && browser.reason) reason = `it failed: ${browser.reason.slice(-300)}`;
        const path = endpointPath(browser);
        return path !== null && path !== tried;
      }, bounded);
      tried = endpointPath(state.browser)!;
      try {
        return await attempt(tried, bounded);
      } catch (error) {
        if (!(error instanceof BrowserGone)) throw error;
        reason = error.message;
      }
    }
  };
  try {
    return await withDeadline("Chromium", ms, signal, work);
  } catch (error) {
    if (error instanceof VitrineError && error.code === "timeout") {
      throw new VitrineError("browser_unavailable", { reason: `${reason} (waited ${ms / 1000} s)` }, { cause: error });
    }
    throw error;
  }
};
