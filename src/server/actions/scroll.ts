import { NOTCH } from "../../contract/wheel.ts";
import { combinationOf, goTo } from "./pointer.ts";
import { type Doers, pause, type Step } from "./step.ts";

/** Notches for each frame of the screen: Chromium adds up those that wait, and its page lags behind when there are more. */
const AT_ONCE = 4;
const FRAME_MS = 16;
/** More notches than this are a long way. */
const LONG_WAY = 16;
/** A long way is gone to its end before anything else: what still waits would be added up with what comes next. */
const REST = { quietMs: 100, capMs: 1500 };
/** Bits of the wheel's directions in the mask of buttons. */
const UP = 3;
const DOWN = 4;
const LEFT = 5;
const RIGHT = 6;

/** A wheel has notches only: the nearest number of them, and at least one for any distance. */
export const notches = (pixels: number): number =>
  pixels === 0 ? 0 : Math.sign(pixels) * Math.max(1, Math.round(Math.abs(pixels) / NOTCH));

const turn = async ({ hands, display, signal }: Step, pixels: number, back: number, forth: number): Promise<void> => {
  const count = notches(pixels);
  for (let i = 1; i <= Math.abs(count); i++) {
    hands.notch(count < 0 ? back : forth);
    if (i % AT_ONCE > 0) continue;
    await display.flush(signal);
    await pause(FRAME_MS, signal);
  }
};

export const scroll: Doers<"scroll"> = {
  scroll: async (step, action) => {
    const { hands, display, signal } = step;
    goTo(step, action);
    const held = hands.hold(combinationOf(action.keys));
    await turn(step, action.dy, UP, DOWN);
    await turn(step, action.dx, LEFT, RIGHT);
    hands.letGo(held);
    await display.flush(signal);
    const long = Math.max(Math.abs(notches(action.dx)), Math.abs(notches(action.dy))) > LONG_WAY;
    if (long) await step.settled(display, REST, signal);
  },
};
