import Anthropic from "@anthropic-ai/sdk";
import type { BetaToolRunnerParams } from "@anthropic-ai/sdk/lib/tools/BetaToolRunner";
import type { BetaToolResultBlockParam } from "@anthropic-ai/sdk/resources/beta";
import { expect } from "vitest";
import { serveModel } from "./model-server.ts";

/** A tool that a model uses, a toolset's member where it names one. */
export type Use = [name: string, input: object, toolset?: "computer" | "browser"];

interface Asked {
  tools: { type: string; name?: string }[];
  messages: { role: string; content: BetaToolResultBlockParam[] }[];
  thread?: { type: string; previous_message_id?: string };
}

const DONE = "Done.";

/** The rules of the API for the results of one turn, which refuses what breaks them. */
const check = (uses: { id: string; toolset_name?: string }[], results: BetaToolResultBlockParam[]) => {
  expect(results.map(({ tool_use_id }) => tool_use_id).sort()).toEqual(uses.map(({ id }) => id).sort());
  for (const { id, toolset_name } of uses) {
    const { toolset_name: told, is_error, content } = results.find(({ tool_use_id }) => tool_use_id === id)!;
    expect(told).toBe(toolset_name);
    if (!is_error || typeof content === "string") continue;
    expect(content).toEqual([expect.objectContaining({ type: "text" }), ...(content?.slice(1).map(() => ({ type: "text" })) ?? [])]);
  }
};

/**
 * Anthropic's own tool runner with these tools, against a Messages API whose model uses what is in `turns`, one after the other, and then is done. Answers the
 * results of each turn, in the order of its uses, and the tools that the model was offered.
 */
export const runTools = async (tools: BetaToolRunnerParams["tools"], turns: Use[][]) => {
  const results: BetaToolResultBlockParam[][] = [];
  let offered: Asked["tools"] = [];
  let uses: { id: string; toolset_name?: string }[] = [];
  let turn = 0;
  const baseURL = await serveModel<Asked>(/^\/v1\/messages\b/, (body) => {
    if (turn === 0) offered = body.tools;
    else {
      expect(body.thread).toEqual({ type: "continue", previous_message_id: `msg_${turn}` });
      const { content } = body.messages.at(-1)!;
      check(uses, content);
      results.push(uses.map(({ id }) => content.find(({ tool_use_id }) => tool_use_id === id)!));
    }
    const next = turns[turn++] ?? [];
    uses = next.map(([name, input, toolset_name], i) => ({
      type: "tool_use",
      id: `toolu_${turn}_${i}`,
      name,
      input,
      ...(toolset_name && { toolset_name }),
    }));
    return {
      id: `msg_${turn}`,
      type: "message",
      role: "assistant",
      model: "claude-opus-5-5",
      content: uses.length > 0 ? uses : [{ type: "text", text: DONE }],
      stop_reason: uses.length > 0 ? "tool_use" : "end_turn",
      usage: { input_tokens: 1, output_tokens: 1 },
    };
  });
  const client = new Anthropic({ baseURL, apiKey: "none", maxRetries: 0 });
  const last = await client.beta.messages.toolRunner({
    model: "claude-opus-5-5",
    max_tokens: 1024,
    messages: [{ role: "user", content: "Work." }],
    tools,
  });
  expect(last.content).toMatchObject([{ type: "text", text: DONE }]);
  return { results, offered };
};

/** All that a result says. */
export const saidBy = ({ content = "" }: BetaToolResultBlockParam): string =>
  typeof content === "string" ? content : content.map((block) => (block.type === "text" ? block.text : "")).join("\n");
