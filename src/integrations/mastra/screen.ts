import type { SandboxComputer } from "@mastra/core/workspace";
import { type ActionInput, type Computer, VitrineError } from "../../client/index.ts";
import { NOTCH } from "../../contract/wheel.ts";
import { act } from "../shared/act.ts";

type Use = <T>(work: (computer: Computer) => Promise<T>) => Promise<T>;

/** The screen of the computer that `use` does something with. An action that fails throws, and the model is told. */
export const screenOf = (use: Use): SandboxComputer => {
  const perform = async (action: ActionInput): Promise<void> => {
    await use((computer) => act(computer, action));
  };
  return {
    screenshot: async () => ({ data: await use((computer) => computer.screenshot()), mediaType: "image/png" }),
    leftClick: (x, y) => perform({ type: "click", x, y }),
    rightClick: (x, y) => perform({ type: "click", x, y, button: "right" }),
    doubleClick: (x, y) => perform({ type: "click", x, y, count: 2 }),
    moveMouse: (x, y) => perform({ type: "move", x, y }),
    drag: (from, to) => {
      const path: [number, number][] = [
        [from.x, from.y],
        [to.x, to.y],
      ];
      return perform({ type: "drag", path });
    },
    scroll: (direction, amount) => perform({ type: "scroll", dy: (direction === "up" ? -amount : amount) * NOTCH }),
    type: (text) => perform({ type: "type", text }),
    press: (key) => perform({ type: "key", keys: [key].flat() }),
    getScreenSize: () =>
      use(async ({ browser }) => {
        if (!browser) throw new VitrineError("no_display");
        return browser.viewport;
      }),
    getCursorPosition: async () => {
      const { x = 0, y = 0 } = await use((computer) => act(computer, { type: "cursor_position" }));
      return { x, y };
    },
    streamUrl: () => use(async (computer) => computer.live_view_only_url),
  };
};
