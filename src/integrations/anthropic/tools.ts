import { ToolError } from "@anthropic-ai/sdk/helpers/beta/toolsets";
import type { BetaRunnableTool } from "@anthropic-ai/sdk/lib/tools/BetaRunnableTool";
import type { Computer, Vitrine } from "../../client/index.ts";
import { type CommandOptions, computerFunctions, type ModelFunction, type OneShotOptions, oneShotFunction } from "../shared/functions.ts";
import { failureText } from "../shared/report.ts";

type VitrineTool = BetaRunnableTool<Record<string, string>>;

/** Tells the model what failed, unless the call was aborted. */
export const told = (signal: AbortSignal | null | undefined) => (error: unknown) => {
  signal?.throwIfAborted();
  throw error instanceof ToolError ? error : new ToolError(failureText(error));
};

const toolOf = ({ name, description, parameters, run }: ModelFunction): VitrineTool => ({
  type: "custom",
  name,
  description,
  input_schema: parameters,
  strict: true,
  parse: (input) => input as Record<string, string>,
  run: (input, { signal } = {} as never) => run(input, signal ?? undefined).catch(told(signal)),
});

/** Tools for one computer, which the caller keeps across turns: run_command, read_file, write_file. A failure is told to the model. */
export const vitrineTools = (computer: Computer, options?: CommandOptions): VitrineTool[] =>
  computerFunctions(computer, options).map(toolOf);

/** The tool run_in_new_computer: each call has a computer of its own, which is deleted before its answer. A failure is told to the model. */
export const oneShotTool = (vitrine: Pick<Vitrine, "computers">, options?: OneShotOptions): VitrineTool =>
  toolOf(oneShotFunction(vitrine, options));
