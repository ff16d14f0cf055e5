import { simulateReadableStream } from "ai";
import { MockLanguageModelV4 } from "ai/test";

type Turn = Awaited<ReturnType<MockLanguageModelV4["doGenerate"]>>;
type Streamed = Awaited<ReturnType<MockLanguageModelV4["doStream"]>>;
type Part = Streamed["stream"] extends ReadableStream<infer T> ? T : never;

const DONE = "Done.";

const turn = (part: Turn["content"][number], unified: "tool-calls" | "stop"): Turn => ({
  content: [part],
  finishReason: { unified, raw: undefined },
  usage: { inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 }, outputTokens: { total: 1, text: 1, reasoning: 0 } },
  warnings: [],
});

const partsOf = (content: Turn["content"][number]): Part[] => {
  if (content.type === "tool-call") return [content];
  const id = "text";
  return [
    { type: "text-start", id },
    { type: "text-delta", id, delta: DONE },
    { type: "text-end", id },
  ];
};

const streamed = ({ content, finishReason, usage, warnings }: Turn): Streamed => {
  const chunks: Part[] = [{ type: "stream-start", warnings }, ...content.flatMap(partsOf), { type: "finish", finishReason, usage }];
  return { stream: simulateReadableStream({ chunks, initialDelayInMs: null, chunkDelayInMs: null }) };
};

/** A model of the AI SDK that makes these calls, one a turn, and then says `done`; `told()` is what its last turn knew of their results. */
export const scriptedAiModel = (calls: [toolName: string, input: object][]) => {
  const turns = [
    ...calls.map(([toolName, input], at) =>
      turn({ type: "tool-call", toolCallId: `c${at}`, toolName, input: JSON.stringify(input) }, "tool-calls"),
    ),
    turn({ type: "text", text: DONE }, "stop"),
  ];
  const model = new MockLanguageModelV4({ doGenerate: turns, doStream: turns.map(streamed) });
  const told = () =>
    [...model.doGenerateCalls, ...model.doStreamCalls]
      .at(-1)!
      .prompt.flatMap((message) => (message.role === "tool" ? message.content : []))
      .map((part) => (part.type === "tool-result" ? part.output : null));
  return { model, told, done: DONE };
};
