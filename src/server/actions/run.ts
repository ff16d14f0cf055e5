import type { Action, ActionResult, ActionsAnswer } from "../../contract/actions.ts";
import { VitrineError } from "../../contract/errors.ts";
import type { Display } from "../display/display.ts";
import { askedMs } from "./check.ts";
import { watchClipboard } from "./clipboard.ts";
import { handsOn } from "./hands.ts";
import { pictureOf, REST } from "./picture.ts";
import type { BrowserVerbs, Settled, TakePicture } from "./ports.ts";
import type { Step } from "./step.ts";
import { isInput, perform } from "./table.ts";

export interface RunOptions {
  display: Display;
  browser: BrowserVerbs;
  takePicture: TakePicture;
  settled: Settled;
  /** Checked. */
  actions: readonly Action[];
  screenshot: "none" | "after";
  /** Asked before each action; it throws, or waits, while somebody else drives. */
  mayAct?: (signal: AbortSignal) => Promise<void>;
  /** Called as each action begins. */
  onAction?: (action: Action) => void;
  /** Called as each action has come to its end, good or bad. */
  onResult?: (action: Action, result: ActionResult) => void;
  signal: AbortSignal;
}

/** What an action may take beyond what it was asked to take. */
const GRACE_MS = 60_000;

/** Does one action within its time; what it throws when that is up is a timeout. */
const bounded = async <T>(what: string, ms: number, parent: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const timer = AbortSignal.timeout(ms);
  try {
    // Waited for to its end, so that nothing of it is sent after what it held was let go of.
    return await work(AbortSignal.any([timer, parent]));
  } catch (error) {
    if (timer.aborted && !parent.aborted) throw new VitrineError("timeout", { what, timeout_s: ms / 1000 }, { cause: error });
    throw error;
  }
};

/**
 * Does a batch in order and stops at its first failure, which is that action's result; the rest is skipped. What a batch holds when it fails, or when
 * `signal` aborts, is let go of. Only key_down and mouse_down of a batch that goes well stay held: until key_up and mouse_up, or until the display
 * closes. Rejects when `signal` aborts, and with what is no VitrineError.
 */
export const runActions = async (options: RunOptions): Promise<ActionsAnswer> => {
  const { display, actions, screenshot, mayAct, onAction, onResult, signal } = options;
  const { browser, takePicture, settled } = options;
  const hands = handsOn(display);
  const before = hands.grip;
  const clipboard = watchClipboard(display);
  const results: ActionResult[] = [];
  let dirty = false;
  const step = (within: AbortSignal): Step => ({ display, hands, browser, takePicture, settled, clipboard, dirty, signal: within });
  const one = async (action: Action): Promise<ActionResult> => {
    await mayAct?.(signal);
    onAction?.(action);
    if (isInput(action)) clipboard.changed = false;
    const what = `The action ${action.type}`;
    const outcome = await bounded(what, askedMs(action) + GRACE_MS, signal, (within) => perform(step(within), action));
    dirty ||= isInput(action);
    return { type: action.type, ok: true, ...outcome };
  };
  let whole = false;
  try {
    signal.throwIfAborted();
    for (const action of actions) {
      const result = await one(action).catch((error: unknown): ActionResult => {
        if (signal.aborted || !(error instanceof VitrineError)) throw error;
        return { type: action.type, ok: false, error: { code: error.code, message: error.message } };
      });
      results.push(result);
      onResult?.(action, result);
      if (!result.ok) break;
    }
    for (const { type } of actions.slice(results.length)) results.push({ type, ok: false, skipped: true });
    whole = results.every(({ ok }) => ok);
    if (!whole) letGo();
    if (screenshot === "none") return { results };
    const after = await bounded("The screenshot", GRACE_MS, signal, async (within) => {
      await settled(display, REST, within);
      return pictureOf(step(within), { format: "png" });
    });
    return { results, screenshot: after };
  } catch (error) {
    letGo();
    throw error;
  } finally {
    clipboard.stop();
  }

  function letGo(): void {
    try {
      hands.relax(before);
    } catch {
      // The display is gone, and with it all that was held there.
    }
  }
};
