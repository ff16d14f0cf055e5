import type { ImageFormat, Picture, Region, Tab } from "../../contract/actions.ts";
import type { Display } from "../display/display.ts";

/** An encoded picture of the screen. */
export interface Shot {
  data: Buffer;
  media_type: Picture["media_type"];
  width: number;
  height: number;
  hash: string;
}

export interface ShotOptions {
  format: ImageFormat;
  scale?: number;
  region?: Region;
  cursor?: boolean;
}

/** The screen, or a region of it, as it is now. */
export type TakePicture = (display: Display, options: ShotOptions, signal: AbortSignal) => Promise<Shot>;

/** Resolves when nothing has been drawn for `quietMs` milliseconds, or after `capMs`. */
export type Settled = (display: Display, options: { quietMs: number; capMs: number }, signal: AbortSignal) => Promise<void>;

/** What an agent asks of the browser itself, in the tab that is in front. Errors: browser_unavailable, and where a line says so. */
export interface BrowserVerbs {
  /** Answers the tab's URL when the page has loaded, or as it is when that takes too long. Errors: navigation_failed. */
  navigate(url: string, signal: AbortSignal): Promise<string>;
  /** Errors: no_history. */
  back(signal: AbortSignal): Promise<string>;
  forward(signal: AbortSignal): Promise<string>;
  reload(signal: AbortSignal): Promise<string>;
  tabs(signal: AbortSignal): Promise<Tab[]>;
  newTab(url: string | undefined, signal: AbortSignal): Promise<Tab[]>;
  /** Errors: target_not_found; here and below. */
  switchTab(tabId: string, signal: AbortSignal): Promise<Tab[]>;
  closeTab(tabId: string, signal: AbortSignal): Promise<Tab[]>;
}
