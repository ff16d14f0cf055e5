import { ToolError } from "@anthropic-ai/sdk/helpers/beta/toolsets";
import type { BetaRunnableTool } from "@anthropic-ai/sdk/lib/tools/BetaRunnableTool";
import type { BetaToolTextEditor20250728 } from "@anthropic-ai/sdk/resources/beta";
import type { Computer } from "../../client/index.ts";
import { bothEnds, MAX_OUTPUT } from "../shared/report.ts";
import { listed, numbered, readText } from "./text-files.ts";
import { told } from "./tools.ts";
import { inTurn } from "./turns.ts";

type Input = Record<string, unknown>;
export type TextEditorTool = BetaRunnableTool<Input> & BetaToolTextEditor20250728;

/** Lines that are shown before and after what was edited. */
const AROUND = 4;

const text = (input: Input, name: string, otherwise?: string): string => {
  const value = input[name] ?? otherwise;
  if (typeof value !== "string") throw new ToolError(`${name} must be given, as a text.`);
  return value;
};

const lineCount = (value: string): number => value.split("\n").length;

/** What a file is like around a place, once it was edited. */
const edited = (path: string, content: string, at: number, length: number): string => {
  const first = lineCount(content.slice(0, at));
  const last = lineCount(content.slice(0, at + length));
  return `${path} was edited. It now has:\n${numbered(content, [Math.max(1, first - AROUND), last + AROUND])}`;
};

const view = async (computer: Computer, input: Input, signal: AbortSignal | undefined): Promise<string> => {
  const path = text(input, "path");
  const { type } = await computer.files.stat(path, { signal });
  if (type === "directory") return listed(computer, path, signal);
  const content = await readText(computer, path, signal);
  const range = input.view_range ?? [1, -1];
  if (!(Array.isArray(range) && range.length === 2 && range.every(Number.isInteger)))
    throw new ToolError("view_range is [first line, last line], where -1 is the end.");
  return numbered(content, range as [number, number]);
};

const replace = async (computer: Computer, input: Input, signal: AbortSignal | undefined): Promise<string> => {
  const [path, old, fresh] = [text(input, "path"), text(input, "old_str"), text(input, "new_str", "")];
  const content = await readText(computer, path, signal);
  const parts = old === "" ? [] : content.split(old);
  if (parts.length < 2) throw new ToolError(`Nothing was edited: old_str is not in ${path} as it is given.`);
  if (parts.length > 2) {
    const at = parts.slice(0, -1).map((_, i) => lineCount(parts.slice(0, i + 1).join(old)));
    throw new ToolError(
      `Nothing was edited: old_str is in ${path} ${at.length} times, in the lines ${at.join(", ")}. Give more around it.`,
    );
  }
  const result = parts.join(fresh);
  await computer.files.write(path, result, { signal });
  return edited(path, result, parts[0]!.length, fresh.length);
};

const insert = async (computer: Computer, input: Input, signal: AbortSignal | undefined): Promise<string> => {
  const [path, fresh, after] = [text(input, "path"), text(input, "insert_text"), Number(input.insert_line)];
  const content = await readText(computer, path, signal);
  const count = lineCount(content.replace(/\n$/, ""));
  if (!(Number.isInteger(after) && after >= 0 && after <= count))
    throw new ToolError(`insert_line is the line after which to insert, 0 to ${count} in ${path}.`);
  const before = content.split("\n").slice(0, after).join("\n");
  const start = after === 0 ? "" : `${before}\n`;
  const ending = fresh.endsWith("\n") ? fresh : `${fresh}\n`;
  const result = start + ending + content.slice(start.length);
  await computer.files.write(path, result, { signal });
  return edited(path, result, start.length, ending.length - 1);
};

/**
 * Anthropic's text_editor_20250728 on the files of a computer: view, create, str_replace and insert, of texts in UTF-8, each file written whole or not at all.
 * What is viewed is cut in its middle to `max_characters` (30,000).
 */
export const textEditorTool = (computer: Computer, { max_characters = MAX_OUTPUT }: { max_characters?: number } = {}): TextEditorTool => {
  const turn = inTurn();
  const commands: Record<string, (input: Input, signal: AbortSignal | undefined) => Promise<string>> = {
    view: async (input, signal) => bothEnds(await view(computer, input, signal), max_characters),
    create: async (input, signal) => {
      const path = text(input, "path");
      await computer.files.write(path, text(input, "file_text"), { signal });
      return `${path} was written.`;
    },
    str_replace: (input, signal) => replace(computer, input, signal),
    insert: (input, signal) => insert(computer, input, signal),
  };
  return {
    type: "text_editor_20250728",
    name: "str_replace_based_edit_tool",
    max_characters,
    parse: (input) => input as Input,
    run: (input, { signal } = {} as never) => {
      const name = String(input.command);
      const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
      if (!command) throw new ToolError(`There is no command ${name}; there are ${Object.keys(commands).join(", ")}.`);
      return turn(() => command(input, signal ?? undefined)).catch(told(signal));
    },
  };
};
