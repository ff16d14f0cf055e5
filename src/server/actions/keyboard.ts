import { combination } from "./keys.ts";
import { type Doers, pause } from "./step.ts";

export const keyboard: Doers<"key" | "hold_key" | "key_down" | "key_up"> = {
  key: async ({ hands, display, signal }, { keys, repeat }) => {
    const combo = combination(keys);
    for (let i = 0; i < repeat; i++) {
      hands.letGo(hands.hold(combo));
      await display.flush(signal);
    }
  },
  hold_key: async ({ hands, display, signal }, { keys, duration_ms }) => {
    const held = hands.hold(combination(keys));
    await display.flush(signal);
    await pause(duration_ms, signal);
    hands.letGo(held);
    await display.flush(signal);
  },
  key_down: async ({ hands, display, signal }, { key }) => {
    hands.hold(combination([key]));
    await display.flush(signal);
  },
  key_up: async ({ hands, display, signal }, { key }) => {
    for (const one of combination([key]).toReversed()) hands.up(one);
    await display.flush(signal);
  },
};
