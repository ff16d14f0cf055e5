// node scripted-bridge.ts FOLDER: an agent in the guest, on the AI SDK's own bridge. A prompt is a JSON list of the commands that its model calls for.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { runBridge } from "@ai-sdk/harness/bridge";
import { isStepCount, streamText, tool } from "ai";
import { z } from "zod";
import { scriptedAiModel } from "./scripted-ai-model.ts";

const run = promisify(execFile);
const bash = tool({
  inputSchema: z.object({ command: z.string() }),
  execute: async ({ command }) => (await run("bash", ["-c", command])).stdout,
});

await runBridge<{ type: "start"; prompt: string }>({
  bridgeType: "scripted",
  bridgeStateDir: process.argv[2]!,
  onStart: async ({ prompt }, { emit, abortSignal }) => {
    const commands: string[] = JSON.parse(prompt);
    const { model } = scriptedAiModel(commands.map((command) => ["bash", { command }]));
    const stopWhen = isStepCount(commands.length + 1);
    const nothing = { inputTokens: {}, outputTokens: {} };
    emit({ type: "stream-start" });
    for await (const part of streamText({ model, prompt, tools: { bash }, stopWhen, abortSignal }).fullStream) {
      const { type } = part;
      const finishReason = "finishReason" in part && { unified: part.finishReason };
      if (type === "text-start" || type === "text-end") emit({ type, id: part.id });
      else if (type === "text-delta") emit({ type, id: part.id, delta: part.text });
      else if (type === "tool-call")
        emit({ type, toolCallId: part.toolCallId, toolName: part.toolName, input: JSON.stringify(part.input), providerExecuted: true });
      else if (type === "tool-result") emit({ type, toolCallId: part.toolCallId, toolName: part.toolName, result: part.output });
      else if (type === "finish-step") emit({ type, finishReason, usage: nothing });
      else if (type === "finish") emit({ type, finishReason, totalUsage: nothing });
      else if (type === "error") throw part.error;
    }
  },
});
