import {
  BetaAbstractComputerToolset20260801,
  type BetaComputerMemberResult,
  type BetaComputerToolsetOptions,
  type BetaToolsetCallContext,
} from "@anthropic-ai/sdk/helpers/beta/toolsets";
import type { BetaComputerMemberInput, BetaComputerMemberName } from "@anthropic-ai/sdk/resources/beta";
import { type Computer, type Viewport, VitrineError } from "../../client/index.ts";
import { perform, pictureIn } from "./member.ts";

export interface VitrineComputerToolsetOptions extends BetaComputerToolsetOptions {
  /** The size, in pixels, in which the model sees the screen and names its places. Default: the screen's own. */
  display?: Viewport;
}

/**
 * The screen of a computer, mouse and keyboard, as Anthropic's computer_toolset_20260801. What a model does stays in its computer, so that nobody is asked
 * unless there is a `confirm`. Throws no_display.
 */
export class VitrineComputerToolset extends BetaAbstractComputerToolset20260801 {
  readonly #computer: Computer;
  readonly #display: { display_width_px?: number; display_height_px?: number };

  constructor(computer: Computer, { display, confirm = () => true, ...options }: VitrineComputerToolsetOptions = {}) {
    if (!computer.browser) throw new VitrineError("no_display");
    super({ ...options, confirm });
    this.#computer = computer;
    this.#display = display ? { display_width_px: display.width, display_height_px: display.height } : {};
  }

  protected override async execute(
    { signal }: BetaToolsetCallContext,
    name: BetaComputerMemberName,
    input: BetaComputerMemberInput,
  ): Promise<BetaComputerMemberResult> {
    const [shown] = await perform(this.#computer, { toolset_name: "computer", name, input, ...this.#display }, signal);
    const picture = pictureIn(shown);
    if (picture) return picture;
    // The SDK says by itself that an action was done.
    if (name !== "cursor_position" || shown?.type !== "text") return;
    const [x = 0, y = 0] = (shown.text.match(/\d+/g) ?? []).map(Number);
    return { x, y };
  }
}
