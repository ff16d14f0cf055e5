import { z } from "zod";
import type { ActionResult, Picture } from "../../../contract/actions.ts";
import { parse } from "../../parse.ts";
import type { DialectAdapter, DialectOutcome } from "../dialect.ts";
import { ANTHROPIC_ACTIONS } from "./anthropic-actions.ts";
import { sentence } from "./outcome.ts";
import { checked, isRecord, refused, rowFor } from "./reading.ts";
import { fill, SAID } from "./said.ts";
import { scaled } from "./scale.ts";
import type { Size, Space } from "./space.ts";
import { type ImageBlock, NOT_EXECUTED, type TextBlock, type ToolUse, type ToolUses, textBlock, toolResult, toolUses } from "./tool-use.ts";

const COMPUTER_SAID: Record<string, string> = {
  ...SAID,
  left_mouse_down: "Left mouse button pressed.",
  left_mouse_up: "Left mouse button released.",
};

const pixels = z.int().min(1).max(16384).optional();
const Options = z
  .object({ display_width_px: pixels, display_height_px: pixels, screenshot: z.enum(["after", "none"]).optional() })
  .refine(
    (options) => (options.display_width_px === undefined) === (options.display_height_px === undefined),
    "give both display_width_px and display_height_px, or neither",
  );

/** A block, what it is called, and which of the canonical actions are its. */
interface Step {
  use: ToolUse;
  name: string;
  from: number;
  to: number;
}

const isMember = (use: ToolUse): boolean => Boolean(use.toolset_name);

/** Blocks with ids, or, from a framework that keeps the block to itself, the input alone. */
const usesOf = (body: unknown): ToolUses & { bare: boolean } => {
  if (!isRecord(body)) throw refused("the body is a tool_use block, or has content or actions");
  const uses = toolUses(body, "computer");
  if (uses) return { ...uses, bare: false };
  if (typeof body.action !== "string") throw refused("the body is a tool_use block, or has content or actions");
  const { display_width_px: _w, display_height_px: _h, screenshot: _s, ...input } = body;
  return { blocks: [{ type: "tool_use", id: "", name: "computer", input }], listed: false, bare: true };
};

const image = ({ media_type, data }: Picture): ImageBlock => ({ type: "image", source: { type: "base64", media_type, data } });

const words = (step: Step, results: ActionResult[], space: Space): TextBlock[] => {
  if (step.name === "screenshot" || step.name === "zoom") return [];
  if (step.name !== "cursor_position") return [textBlock(fill(COMPUTER_SAID[step.name] ?? "Done.", step.use.input))];
  const { x, y } = space.fromScreen({ x: results[0]?.x ?? 0, y: results[0]?.y ?? 0 });
  return [textBlock(`X=${x},Y=${y}`)];
};

const content = (step: Step, results: ActionResult[], space: Space, after: Picture | undefined): (TextBlock | ImageBlock)[] => {
  const picture = after ?? results.at(-1)?.screenshot;
  return [...words(step, results, space), ...(picture ? [image(picture)] : [])];
};

const answer = (step: Step, { results, screenshot }: DialectOutcome, space: Space, isLast: boolean) => {
  const mine = results.slice(step.from, step.to);
  const bad = mine.find((result) => !result.ok);
  // A result that is an error holds text and nothing else, or the API refuses it.
  if (bad) return toolResult(step.use, [textBlock(bad.skipped && bad === mine[0] ? NOT_EXECUTED.computer : sentence(bad))], true);
  return toolResult(step.use, content(step, mine, space, isLast ? screenshot : undefined));
};

const toldSize = ({ display_width_px: width, display_height_px: height }: z.output<typeof Options>): Size | undefined =>
  width === undefined || height === undefined ? undefined : { width, height };

/** Anthropic's tools `computer_2024…`, `computer_2025…` and the toolset `computer_toolset_20260801`: tool_use and tool_result. */
export const anthropic: DialectAdapter = {
  read: (body, screen) => {
    const { blocks, listed, bare } = usesOf(body);
    const options = parse(Options, body, "body");
    const space = scaled(screen, toldSize(options));
    const steps: Step[] = [];
    const actions = blocks.flatMap((use, i) => {
      const what = listed ? `block ${i}` : "the block";
      const name = isMember(use) ? use.name : use.input.action;
      if (typeof name !== "string") throw refused(`${what} has no input.action`);
      const made = rowFor(ANTHROPIC_ACTIONS, name, `${what}'s action`)(use.input, `${what}'s input`, space);
      const from = steps.at(-1)?.to ?? 0;
      steps.push({ use, name, from, to: from + made.length });
      return made;
    });
    // The older tools show the screen after each action; members of the toolset ask for it.
    const seen = blocks.every(isMember) || actions.at(-1)?.type === "screenshot" || actions.at(-1)?.type === "zoom";
    const after = options.screenshot ?? (seen ? "none" : "after");
    // A picture taken after has the screen's own size; one of the model's size is an action of the last block.
    const own = after === "after" && space.scale !== 1;
    if (own) actions.push({ type: "screenshot", scale: space.scale });
    if (own) steps.at(-1)!.to++;
    return {
      actions: checked(actions),
      screenshot: own ? "none" : after,
      write: (outcome) => {
        const answers = steps.map((step, i) => answer(step, outcome, space, i === steps.length - 1));
        if (listed) return answers;
        if (!bare) return answers[0];
        const { tool_use_id: _, ...result } = answers[0]!;
        return result;
      },
    };
  },
};
