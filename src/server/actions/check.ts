import type { Action } from "../../contract/actions.ts";
import { VitrineError } from "../../contract/errors.ts";
import { clipboardBytes, MAX_CLIPBOARD } from "../display/clipboard.ts";
import { combination } from "./keys.ts";
import { pageUrl } from "./page-url.ts";

export interface Size {
  width: number;
  height: number;
}

/** Milliseconds that a batch may ask for in waits, holds, drags and delays together. */
const MAX_ASKED_MS = 10 * 60_000;

/** Milliseconds that an action takes because it was asked to. */
export const askedMs = (action: Action): number => {
  if (action.type === "wait") return action.ms;
  if (action.type === "hold_key" || action.type === "drag") return action.duration_ms ?? 0;
  if (action.type === "type") return (action.delay_ms ?? 0) * action.text.length;
  return 0;
};

const wrong = (reason: string): never => {
  throw new VitrineError("invalid_request", { reason });
};

/** Checks all of an action that needs no screen. Throws invalid_request. */
const checkWords = (action: Action): void => {
  if ("keys" in action && action.keys && action.keys.length > 0) combination(action.keys);
  if ("key" in action) combination([action.key]);
  if (action.type === "navigate" || (action.type === "new_tab" && action.url !== undefined)) pageUrl(action.url as string);
  if (action.type === "clipboard_set" || action.type === "paste") {
    const bytes = clipboardBytes(action.text).length;
    if (bytes > MAX_CLIPBOARD) wrong(`the text is ${bytes} bytes long; the clipboard takes at most ${MAX_CLIPBOARD}`);
  }
};

const checkPoint = (x: number, y: number, { width, height }: Size): void => {
  if (x >= width || y >= height)
    wrong(`the point ${x},${y} is not on the screen of ${width}x${height}: x is 0 to ${width - 1}, y is 0 to ${height - 1}`);
};

const checkPlace = (action: Action, screen: Size): void => {
  if ("x" in action && action.x !== undefined && action.y !== undefined) checkPoint(action.x, action.y, screen);
  if (action.type === "drag") for (const [x, y] of action.path) checkPoint(x, y, screen);
  if ("region" in action && action.region) {
    const { x, y, width, height } = action.region;
    if (x + width > screen.width || y + height > screen.height)
      wrong(`the region ${x},${y} of ${width}x${height} does not lie on the screen of ${screen.width}x${screen.height}`);
  }
};

const each = (actions: readonly Action[], check: (action: Action) => void): void => {
  for (const [i, action] of actions.entries()) {
    try {
      check(action);
    } catch (error) {
      if (!(error instanceof VitrineError)) throw error;
      throw new VitrineError(error.code, { ...error.details, reason: `body.actions.${i} (${action.type}): ${error.details.reason}` });
    }
  }
};

/** Checks names of keys, URLs, lengths and times of a whole batch. Throws invalid_request. */
export const checkBatch = (actions: readonly Action[]): void => {
  each(actions, checkWords);
  const asked = actions.reduce((sum, action) => sum + askedMs(action), 0);
  if (asked > MAX_ASKED_MS) wrong(`the batch asks for ${asked} ms of waiting; at most ${MAX_ASKED_MS} are taken`);
};

/** Checks that every place of a batch lies on the screen. Throws invalid_request with the bounds. */
export const checkPlaces = (actions: readonly Action[], screen: Size): void => each(actions, (action) => checkPlace(action, screen));
