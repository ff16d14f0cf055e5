import type { Computer as AgentsComputer } from "@openai/agents";
import type { ActionInput, Button, Computer } from "../../client/index.ts";
import { act } from "../shared/act.ts";

/** What the SDK's own loop for a browser takes. */
const WAIT_MS = 2000;
const BUTTONS: Record<Parameters<AgentsComputer["click"]>[2], Button> = {
  left: "left",
  right: "right",
  wheel: "middle",
  back: "back",
  forward: "forward",
};
type Methods = Pick<AgentsComputer, "screenshot" | "click" | "doubleClick" | "scroll" | "type" | "wait" | "move" | "keypress" | "drag">;

/** A computer for computerTool(). An action that fails throws, and the model is told. */
export class VitrineComputer implements Methods {
  readonly environment = "browser" as const;
  /** Width and height of the screen, in pixels. */
  readonly dimensions: [number, number] | undefined;
  readonly #computer: Computer;

  constructor(computer: Computer) {
    this.#computer = computer;
    if (computer.browser) this.dimensions = [computer.browser.viewport.width, computer.browser.viewport.height];
  }

  async #act(action: ActionInput): Promise<void> {
    await act(this.#computer, action);
  }

  /** PNG, base64. */
  async screenshot(): Promise<string> {
    return (await this.#computer.screenshot()).toString("base64");
  }

  click(x: number, y: number, button: keyof typeof BUTTONS): Promise<void> {
    return this.#act({ type: "click", x, y, button: BUTTONS[button] });
  }

  doubleClick(x: number, y: number): Promise<void> {
    return this.#act({ type: "click", x, y, count: 2 });
  }

  scroll(x: number, y: number, dx: number, dy: number): Promise<void> {
    return this.#act({ type: "scroll", x, y, dx, dy });
  }

  type(text: string): Promise<void> {
    return this.#act({ type: "type", text });
  }

  wait(): Promise<void> {
    return this.#act({ type: "wait", ms: WAIT_MS });
  }

  move(x: number, y: number): Promise<void> {
    return this.#act({ type: "move", x, y });
  }

  keypress(keys: string[]): Promise<void> {
    return this.#act({ type: "key", keys });
  }

  drag(path: [number, number][]): Promise<void> {
    return this.#act({ type: "drag", path });
  }
}
