import { z } from "zod";
import { Action, type ActionResult, type ActionsAnswer, type Dialect, MAX_ACTIONS, type PerformActions } from "../../contract/actions.ts";
import { VitrineError } from "../../contract/errors.ts";
import type { BrowserToolsets, OpenCdp } from "../browser/toolset/toolsets.ts";
import type { Display, Displays } from "../display/display.ts";
import { checkBatch, checkPlaces, type Size } from "./check.ts";
import type { ControlLocks } from "./control.ts";
import { describeAction } from "./describe.ts";
import type { DialectAdapter, DialectCall } from "./dialect.ts";
import { browserUses, type ToolUses } from "./dialects/tool-use.ts";
import { handsOn } from "./hands.ts";
import { createHeldKeeper } from "./held.ts";
import type { BrowserVerbs, Settled, TakePicture } from "./ports.ts";
import { runActions } from "./run.ts";
import type { Shots } from "./shots.ts";
import { isInput } from "./table.ts";
import { createTurns } from "./turns.ts";

export interface ActionsPorts {
  displays: Displays;
  takePicture: TakePicture;
  settled: Settled;
  dialects: Partial<Record<Dialect, DialectAdapter>>;
  control: ControlLocks;
  toolsets: Pick<BrowserToolsets, "run">;
  shots: Pick<Shots, "afterAction">;
  /** Told of each action as it begins. */
  onAction(computerId: string, action: Action): void;
  /** Told of each action, and of each block of a browser toolset, that has come to its end. */
  onDone(computerId: string, actor: string | null, done: Done): void;
}

export interface Done {
  action: string;
  /** In words; absent where nothing was changed by it. */
  title?: string;
  ok: boolean;
  /** A code of the registry. */
  error?: string;
  /** Of the picture that will show what the screen is after it. */
  picture_id?: string;
}

/** Milliseconds that a batch waits for those before it. */
const TURN_MS = 5 * 60_000;
/** Milliseconds for the URL that some vendors want in the answer. */
const URL_MS = 5000;

const sizeOf = ({ framebuffer: { width, height } }: Display): Size => ({ width, height });

/** What an adapter made of a vendor's call, checked as if it had come in our own words. */
const canonical = (input: DialectCall["actions"]): Action[] => {
  const result = z.array(Action).max(MAX_ACTIONS).safeParse(input);
  if (result.success) return result.data;
  const reason = result.error.issues.slice(0, 10).map(({ path, message }) => `step ${path.join(".")}: ${message}`);
  throw new VitrineError("invalid_request", { reason: reason.join("; ").slice(0, 1000) });
};

const activeUrl = async (browser: BrowserVerbs, signal: AbortSignal): Promise<string | undefined> => {
  try {
    const tabs = await browser.tabs(AbortSignal.any([signal, AbortSignal.timeout(URL_MS)]));
    return tabs.find(({ active }) => active)?.url;
  } catch (error) {
    // A browser that hangs must not spoil an answer that is complete without it.
    if (signal.aborted) throw error;
    return undefined;
  }
};

const doneOf = (action: Action, { ok, error }: ActionResult): Done => {
  const title = describeAction(action);
  return { action: action.type, ...(title !== null && { title }), ok, ...(error && { error: error.code }) };
};

export interface Call {
  computerId: string;
  /** Whether there is one to act on. */
  screen: boolean;
  browser: BrowserVerbs;
  /** For the blocks of a browser toolset. */
  openCdp: OpenCdp;
  body: PerformActions;
  /** The id of who asks. */
  actor: string | null;
  signal: AbortSignal;
}

/**
 * Uses computers: checks a call as a whole before anything of it is done, and does the calls for one computer one after another. Answers results, or with a
 * dialect the vendor's form. Errors: invalid_request, unsupported_option, controlled, no_display, display_unavailable, timeout.
 */
export const createActions = ({ displays, takePicture, settled, dialects, control, toolsets, shots, onAction, onDone }: ActionsPorts) => {
  const turns = createTurns();
  const keepHeld = createHeldKeeper(displays);

  const withPicture = (computerId: string, done: Done): Done => {
    const picture_id = shots.afterAction(computerId);
    return { ...done, ...(picture_id !== undefined && { picture_id }) };
  };

  const adapterOf = (body: PerformActions): DialectAdapter | null => {
    if (body.dialect === undefined || body.dialect === "canonical") return null;
    const adapter = dialects[body.dialect];
    if (!adapter)
      throw new VitrineError("unsupported_option", { option: `dialect ${body.dialect}`, reason: "this release does not speak it" });
    return adapter;
  };

  const onDisplay = async ({ computerId, browser, body, actor, signal }: Call, display: Display): Promise<unknown> => {
    const adapter = adapterOf(body);
    const call = adapter?.read(body, sizeOf(display));
    const actions = call ? canonical(call.actions) : (body.actions as Action[]);
    const screenshot = call ? call.screenshot : (body.screenshot as "none" | "after");
    checkBatch(actions);
    checkPlaces(actions, sizeOf(display));
    const mayAct = (within: AbortSignal) => control.mayAct(computerId, body.if_controlled, within);
    await mayAct(signal);
    return turns(computerId, { what: "The computer's other actions", ms: TURN_MS, signal }, async () => {
      // The screen may have another size by now.
      checkPlaces(actions, sizeOf(display));
      const screen = sizeOf(display);
      const tell = (action: Action) => onAction(computerId, action);
      const tellResult = (action: Action, result: ActionResult) => {
        const done = doneOf(action, result);
        onDone(computerId, actor, isInput(action) ? withPicture(computerId, done) : done);
      };
      const run = runActions({
        display,
        browser,
        takePicture,
        settled,
        actions,
        screenshot,
        mayAct,
        onAction: tell,
        onResult: tellResult,
        signal,
      });
      const answer: ActionsAnswer = await run.finally(() => {
        const { keys, buttons } = handsOn(display).grip;
        keepHeld(computerId, keys.length > 0 || buttons !== 0);
      });
      if (!call) return answer;
      const url = adapter?.wantsUrl ? await activeUrl(browser, signal) : undefined;
      return call.write({ ...answer, screen, ...(url !== undefined && { url }) } as Parameters<DialectCall["write"]>[0]);
    });
  };

  /** Blocks for the browser itself need no screen. */
  const onBrowser = async ({ computerId, screen, openCdp, body, actor, signal }: Call, { blocks, listed }: ToolUses): Promise<unknown> => {
    await control.mayAct(computerId, body.if_controlled, signal);
    return turns(computerId, { what: "The computer's other actions", ms: TURN_MS, signal }, async () => {
      const results = await toolsets.run(computerId, openCdp, blocks, signal);
      // What comes after a failure is not done.
      const failed = results.findIndex((result) => result.is_error);
      for (const [i, { name }] of (failed < 0 ? blocks : blocks.slice(0, failed + 1)).entries()) {
        const done = { action: name, ok: i !== failed };
        onDone(computerId, actor, screen ? withPicture(computerId, done) : done);
      }
      return listed ? results : results[0];
    });
  };

  return (call: Call): Promise<unknown> => {
    const uses = call.body.dialect === "anthropic" ? browserUses(call.body as Record<string, unknown>) : null;
    if (uses) return onBrowser(call, uses);
    if (!call.screen) return Promise.reject(new VitrineError("no_display"));
    // What needs no screen is checked before a display is opened for it.
    if (adapterOf(call.body) === null) checkBatch(call.body.actions as Action[]);
    return displays.use(call.computerId, call.signal, (display) => onDisplay(call, display));
  };
};
export type PerformCall = ReturnType<typeof createActions>;
