import type { SandboxComputer } from "@mastra/core/workspace";
import { type Computer, VitrineError } from "../../client/index.ts";
import { NOTCH } from "../../contract/wheel.ts";
import { act } from "../shared/act.ts";

/** The screen of the computer that `running` gives. An action that fails throws, and the model is told. */
export const screenOf = (running: () => Promise<Computer>): SandboxComputer => {
  const perform = async (action: Parameters<typeof act>[1]): Promise<void> => {
    await act(await running(), action);
  };
  return {
    screenshot: async () => ({ data: await (await running()).screenshot(), mediaType: "image/png" }),
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
    getScreenSize: async () => {
      const { browser } = await running();
      if (!browser) throw new VitrineError("no_display");
      return browser.viewport;
    },
    getCursorPosition: async () => {
      const { x = 0, y = 0 } = await act(await running(), { type: "cursor_position" });
      return { x, y };
    },
    streamUrl: async () => (await running()).live_view_only_url,
  };
};
