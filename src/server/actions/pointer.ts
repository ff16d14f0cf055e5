import { combination } from "./keys.ts";
import { type Doers, pause, type Step } from "./step.ts";

/** Between two clicks of one double click: Chromium takes two presses of the same millisecond for one; people and it allow half a second. */
const CLICK_GAP_MS = 30;

/** Moves to where the action says, if it says. */
export const goTo = ({ hands }: Step, { x, y }: { x?: number | undefined; y?: number | undefined }): void => {
  if (x !== undefined && y !== undefined) hands.move(x, y);
};

export const pointer: Doers<"move" | "click" | "mouse_down" | "mouse_up" | "cursor_position"> = {
  move: async ({ hands, display, signal }, { x, y }) => {
    hands.move(x, y);
    await display.flush(signal);
  },
  click: async (step, action) => {
    const { hands, display, signal } = step;
    goTo(step, action);
    const held = hands.hold(combinationOf(action.keys));
    for (let i = 0; i < action.count; i++) {
      if (i > 0) await pause(CLICK_GAP_MS, signal);
      hands.press(action.button);
      hands.release(action.button);
      await display.flush(signal);
    }
    hands.letGo(held);
    await display.flush(signal);
  },
  mouse_down: async (step, action) => {
    goTo(step, action);
    step.hands.press(action.button);
    await step.display.flush(step.signal);
  },
  mouse_up: async (step, action) => {
    goTo(step, action);
    step.hands.release(action.button);
    await step.display.flush(step.signal);
  },
  cursor_position: async ({ hands }) => hands.at,
};

/** Keys that are held around something else; none is fine there. */
export const combinationOf = (keys: readonly string[] | undefined) => (keys && keys.length > 0 ? combination(keys) : []);
