import { type FunctionTool, tool } from "@openai/agents";
import type { Computer, Vitrine } from "../../client/index.ts";
import { type CommandOptions, computerFunctions, type ModelFunction, type OneShotOptions, oneShotFunction } from "../shared/functions.ts";
import { failureText } from "../shared/report.ts";

type VitrineTool = FunctionTool<unknown, ModelFunction["parameters"]>;

const toolOf = ({ name, description, parameters, run }: ModelFunction): VitrineTool =>
  tool({
    name,
    description,
    parameters,
    strict: true,
    execute: (input, _context, details) => run(input as Record<string, string>, details?.signal),
    // The SDK's own words say nothing of what went wrong.
    errorFunction: (_context, error) => failureText(error),
  });

/** Function tools for one computer, which the caller keeps across turns: run_command, read_file, write_file. A failure is told to the model. */
export const vitrineTools = (computer: Computer, options?: CommandOptions): VitrineTool[] =>
  computerFunctions(computer, options).map(toolOf);

/** The function tool run_in_new_computer: each call has a computer of its own, which is deleted before its answer. A failure is told to the model. */
export const oneShotTool = (vitrine: Pick<Vitrine, "computers">, options?: OneShotOptions): VitrineTool =>
  toolOf(oneShotFunction(vitrine, options));
