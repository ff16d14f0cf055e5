import { setTimeout as sleep } from "node:timers/promises";
import type { Action, ActionResult, ActionType } from "../../contract/actions.ts";
import type { ClipboardEvent, Display } from "../display/display.ts";
import type { Hands } from "./hands.ts";
import type { BrowserVerbs, Settled, TakePicture } from "./ports.ts";

/** What an action is done with. Whatever it holds when it throws is let go of by the batch. */
export interface Step {
  display: Display;
  hands: Hands;
  browser: BrowserVerbs;
  takePicture: TakePicture;
  settled: Settled;
  clipboard: ClipboardWatch;
  /** Something was done before in this batch that the screen or the clipboard may not show yet. */
  dirty: boolean;
  signal: AbortSignal;
}

/** What has happened to the clipboard since the batch began. */
export interface ClipboardWatch {
  /** Resolves at the next event of the kind, or with false after `ms` milliseconds. */
  next(event: ClipboardEvent, ms: number, signal: AbortSignal): Promise<boolean>;
  /** Whether it changed since the last input. */
  changed: boolean;
}

/** What an action answers besides that it went well. */
export type Outcome = Omit<ActionResult, "type" | "ok" | "skipped" | "error">;
export type ActionOf<T extends ActionType> = Extract<Action, { type: T }>;
// biome-ignore lint/suspicious/noConfusingVoidType: most actions answer nothing.
export type Doer<T extends ActionType> = (step: Step, action: ActionOf<T>) => Promise<Outcome | void>;
/** A family of actions. */
export type Doers<T extends ActionType> = { [K in T]: Doer<K> };

export const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  if (ms > 0) await sleep(ms, undefined, { signal });
};
