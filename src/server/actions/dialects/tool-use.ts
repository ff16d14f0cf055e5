import { z } from "zod";
import { parse } from "../../parse.ts";
import { oneLine } from "../../text.ts";
import { isRecord, refused } from "./reading.ts";

/** A tool_use block of Anthropic's: of the tool `computer` (`input.action` says what), or a member of a toolset. */
const ToolUse = z.object({
  type: z.literal("tool_use"),
  id: z.string().min(1).max(256),
  name: z.string().min(1).max(64),
  toolset_name: z.string().nullish(),
  input: z.record(z.string(), z.unknown()).default({}),
});
export type ToolUse = z.output<typeof ToolUse>;

export type TextBlock = { type: "text"; text: string };
export type ImageBlock = { type: "image"; source: { type: "base64"; media_type: string; data: string } };

/** What answers a tool_use. */
export interface ToolResult {
  type: "tool_result";
  tool_use_id: string;
  toolset_name?: string;
  content: unknown[];
  is_error?: true;
}

/** What a toolset's members get that come after one which failed in the same turn; the words are those of Anthropic's SDK. */
export const NOT_EXECUTED = {
  computer: "Not executed: an earlier computer action in this turn failed.",
  browser: "Not executed: an earlier action in this turn failed.",
} as const;
export type Family = keyof typeof NOT_EXECUTED;

/** The answer to one block. A toolset's name is repeated, or the API refuses the result. */
export const toolResult = ({ id, toolset_name }: ToolUse, content: unknown[], failed = false): ToolResult => ({
  type: "tool_result",
  tool_use_id: id,
  ...(toolset_name && { toolset_name }),
  content,
  ...(failed && { is_error: true }),
});

export const textBlock = (text: string): TextBlock => ({ type: "text", text });

/** The blocks of a body, and whether they came in a list: a list is answered with a list. */
export interface ToolUses {
  blocks: ToolUse[];
  listed: boolean;
}

const familyOf = (block: Record<string, unknown>): string => String(block.toolset_name ?? (block.name === "computer" ? "computer" : ""));

/**
 * The blocks of one family in a body: one tool_use, a list of them in `actions`, or a message's `content`, of which text, thinking and other
 * tools' blocks are passed over. Null when the body has none of these forms. Throws invalid_request on a block that is malformed or belongs elsewhere.
 */
export const toolUses = (body: Record<string, unknown>, family: Family): ToolUses | null => {
  const message = Array.isArray(body.content);
  const list = message ? body.content : body.actions;
  if (!Array.isArray(list)) {
    if (body.type !== "tool_use") return null;
    return { blocks: [mine(body, "body", family)], listed: false };
  }
  const blocks = list.flatMap((block: unknown, i) => {
    const what = `${message ? "content" : "actions"}.${i}`;
    if (message && !(isRecord(block) && block.type === "tool_use" && Object.hasOwn(NOT_EXECUTED, familyOf(block)))) return [];
    return [mine(block, what, family)];
  });
  if (blocks.length === 0) throw refused(`${message ? "content" : "actions"} has no tool_use block of the ${family}`);
  return { blocks, listed: true };
};

const mine = (block: unknown, what: string, family: Family): ToolUse => {
  const use = parse(ToolUse, block, what);
  if (familyOf(use) !== family)
    throw refused(
      `${what} is '${oneLine(use.name, 64)}'${use.toolset_name ? ` of the toolset '${oneLine(use.toolset_name, 64)}'` : ""}, not of the ${family}; send each toolset's blocks in a call of their own`,
    );
  return use;
};

/** The blocks of a body that are for the browser toolset, when the first of its blocks is; else null, and the computer's adapter reads the body. */
export const browserUses = (body: Record<string, unknown>): ToolUses | null => {
  const list = Array.isArray(body.content) ? body.content : Array.isArray(body.actions) ? body.actions : [body];
  const first = list.find((block: unknown) => isRecord(block) && block.type === "tool_use" && Object.hasOwn(NOT_EXECUTED, familyOf(block)));
  return first && familyOf(first) === "browser" ? toolUses(body, "browser") : null;
};
