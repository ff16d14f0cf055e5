import { type Computer, VitrineError } from "../../client/index.ts";
import { performAnthropic, type Shown, saidIn } from "../shared/anthropic.ts";

type Content = Shown["content"];

const perform = async (computer: Computer, input: object, signal: AbortSignal | undefined): Promise<Content> => {
  const { content, is_error } = await performAnthropic(computer, input, signal);
  if (is_error) throw new Error(saidIn(content));
  return content;
};

const toModelOutput = ({ output }: { output: Content }) => ({
  type: "content" as const,
  value: output.map((block) =>
    block.type === "text"
      ? { type: "text" as const, text: block.text }
      : { type: "file" as const, mediaType: block.source.media_type, data: { type: "data" as const, data: block.source.data } },
  ),
});

interface Call {
  abortSignal?: AbortSignal;
}

/** For `anthropic.tools.computer_20251124()` and `computer_20250124()`: each action is done, and answered with a picture. Throws no_display. */
export const anthropicComputer = (computer: Computer) => {
  if (!computer.browser) throw new VitrineError("no_display");
  const { width: displayWidthPx, height: displayHeightPx } = computer.browser.viewport;
  return {
    displayWidthPx,
    displayHeightPx,
    execute: (input: object, { abortSignal }: Call) => perform(computer, input, abortSignal),
    toModelOutput,
  };
};

/** For `anthropic.tools.computerToolset_20260801()`, whose model asks for the pictures that it wants. */
export const anthropicComputerToolset = (computer: Computer) => ({
  execute: (input: object, { abortSignal }: Call) => perform(computer, { ...input, screenshot: "none" }, abortSignal),
  toModelOutput,
});

/** What OpenAI asks a person about before the actions are done. */
export interface SafetyCheck {
  id: string;
  code?: string | undefined;
  message?: string | undefined;
}

/** For `openai.tools.computer()`. Calls with safety checks are refused, unless `agree` says that a person agreed to them. */
export const openaiComputer = (computer: Computer, agree: (checks: SafetyCheck[]) => boolean | Promise<boolean> = () => false) => ({
  execute: async (input: { actions: object[]; pendingSafetyChecks: SafetyCheck[] }, { abortSignal }: Call) => {
    const { actions, pendingSafetyChecks } = input;
    const agreed = pendingSafetyChecks.length > 0 && (await agree(pendingSafetyChecks));
    const call = { actions, pendingSafetyChecks, ...(agreed && { acknowledgedSafetyChecks: pendingSafetyChecks }) };
    return (await computer.act(call, { dialect: "openai", signal: abortSignal })) as {
      output: { type: "computer_screenshot"; imageUrl: string };
      acknowledgedSafetyChecks?: SafetyCheck[];
    };
  },
});
