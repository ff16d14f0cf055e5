import type { Tab as TabRecord } from "../../../contract/actions.ts";
import { VitrineError } from "../../../contract/errors.ts";
import { refused } from "../../actions/dialects/reading.ts";
import { fill } from "../../actions/dialects/said.ts";
import { type ImageBlock, NOT_EXECUTED, type ToolResult, type ToolUse, textBlock, toolResult } from "../../actions/dialects/tool-use.ts";
import { withDeadline } from "../../deadline.ts";
import { parse } from "../../parse.ts";
import { cut, oneLine } from "../../text.ts";
import { ToolFailure } from "./failure.ts";
import { type Given, MEMBERS, type Member } from "./members.ts";
import type { CdpConnection } from "./ports.ts";
import type { Dismissed } from "./tab.ts";
import { Tabs } from "./tabs.ts";

/** Milliseconds that a member has: a page that hangs is told to the model, and not waited for. */
const MEMBER_MS = 30_000;
const MAX_ERROR = 4096;
const MAX_DIALOGS_TOLD = 3;

/** What the API allows a result of these to hold: the state of the browser, and nothing else. */
const STATE_ONLY = new Set(["new_tab", "list_tabs", "switch_tab", "close_tab"]);

interface Call {
  use: ToolUse;
  member: Member;
  input: never;
}

const callOf = (use: ToolUse, i: number): Call => {
  const member = Object.hasOwn(MEMBERS, use.name) ? MEMBERS[use.name] : undefined;
  if (!member)
    throw refused(
      `block ${i} is '${oneLine(use.name, 64)}', which the browser toolset does not have; it has ${Object.keys(MEMBERS).join(", ")}`,
    );
  return { use, member, input: parse(member.shape, use.input, `block ${i}'s input`) as never };
};

const dialogLine = ({ kind, message }: Dismissed): string => {
  const said = oneLine(message, 200);
  return `${kind === "alert" ? "An" : "A"} ${oneLine(kind, 20)} dialog${said ? ` ${JSON.stringify(said)}` : ""} was dismissed.`;
};

/**
 * Anthropic's browser_toolset_20260801 on one browser. It keeps the tabs that it is attached to, and the references that were given out, until it
 * is closed. Blocks of one call after another run in turn; after one that fails the rest of its call is not done.
 */
export class BrowserToolset {
  readonly #cdp: CdpConnection;
  readonly #tabs: Tabs;
  /** Dialogs that the last result had no place for. */
  #dialogs: Dismissed[] = [];
  /** Tabs whose opening the last result had no place for. */
  #opened: string[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(cdp: CdpConnection, tabs: Tabs) {
    this.#cdp = cdp;
    this.#tabs = tabs;
  }

  static async open(cdp: CdpConnection, signal: AbortSignal): Promise<BrowserToolset> {
    return new BrowserToolset(cdp, await Tabs.open(cdp, signal));
  }

  /** Answers each block. Throws invalid_request before anything is done when one of them is malformed, and VitrineErrors of the connection. */
  run(blocks: readonly ToolUse[], signal: AbortSignal): Promise<ToolResult[]> {
    const calls = blocks.map(callOf);
    const turn = this.#turn.then(async () => {
      const results: ToolResult[] = [];
      for (const call of calls) {
        signal.throwIfAborted();
        const failed = results.some((result) => result.is_error);
        results.push(failed ? toolResult(call.use, [textBlock(NOT_EXECUTED.browser)], true) : await this.#answer(call, signal));
      }
      return results;
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Stops listening. The connection is its owner's to close. */
  close(): void {
    this.#tabs.close();
  }

  async #answer({ use, member, input }: Call, signal: AbortSignal): Promise<ToolResult> {
    const limit = MEMBER_MS + member.takes(input);
    try {
      const given = await withDeadline(`the browser's ${use.name}`, limit, signal, (signal) =>
        member.run({ cdp: this.#cdp, tabs: this.#tabs, signal }, input),
      );
      const state = await this.#state(use.name, signal);
      const dialogs = [...this.#dialogs, ...(await this.#tabs.takeDialogs())];
      this.#dialogs = STATE_ONLY.has(use.name) ? dialogs : [];
      return toolResult(use, [...content(given, use), ...(STATE_ONLY.has(use.name) ? [] : dialogLines(dialogs)), state]);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof VitrineError && error.code !== "timeout") throw error;
      const text =
        error instanceof ToolFailure || error instanceof VitrineError
          ? error.message
          : `Error: ${error instanceof Error ? error.message : error}`;
      const dialogs = [...this.#dialogs.splice(0), ...(await this.#tabs.takeDialogs())];
      return toolResult(use, [textBlock(cut(text.toWellFormed(), MAX_ERROR)), ...dialogLines(dialogs)], true);
    }
  }

  /** The block that tells the tabs, and which of them were opened since the last one. */
  async #state(name: string, signal: AbortSignal) {
    const tabs: TabRecord[] = await withDeadline("the list of tabs", MEMBER_MS, signal, (signal) => this.#tabs.list(signal));
    const found = (id: string) => tabs.find(({ tab_id }) => tab_id === id);
    const opened = [...this.#opened, ...this.#tabs.takeOpened()].filter(found);
    // The API takes the one tab that new_tab opened, and no other beside it.
    const told = name === "new_tab" ? opened.filter((id) => found(id)?.active) : opened;
    this.#opened = opened.filter((id) => !told.includes(id));
    const state_changes = told.map((tab_id) => ({ type: "tab_opened" as const, tab_id }));
    return { type: "browser_state" as const, tabs, ...(state_changes.length > 0 && { state_changes }) };
  }
}

const dialogLines = (dialogs: Dismissed[]) => {
  const lines = dialogs.slice(0, MAX_DIALOGS_TOLD).map(dialogLine);
  if (dialogs.length > MAX_DIALOGS_TOLD) lines.push(`${dialogs.length - MAX_DIALOGS_TOLD} more dialogs were dismissed.`);
  return lines.map(textBlock);
};

const content = (given: Given, { input }: ToolUse): unknown[] => {
  if (given === null) return [];
  if ("picture" in given)
    return [{ type: "image", source: { type: "base64", media_type: "image/png", data: given.picture } } satisfies ImageBlock];
  if ("text" in given) return [textBlock(given.text === "" ? "(empty)" : given.text)];
  return [textBlock(fill(given.said, { ...input, ref: (input.target as { ref?: unknown } | undefined)?.ref }))];
};
