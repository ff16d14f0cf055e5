import { jsonSchema, type Tool, tool } from "ai";
import type { Computer, Vitrine } from "../../client/index.ts";
import { type CommandOptions, computerFunctions, type ModelFunction, type OneShotOptions, oneShotFunction } from "../shared/functions.ts";
import { failureText } from "../shared/report.ts";

type VitrineTools = Record<string, Tool<Record<string, string>, string>>;

const toolsOf = (functions: ModelFunction[]): VitrineTools =>
  Object.fromEntries(
    functions.map(({ name, description, parameters, run }) => [
      name,
      tool({
        description,
        inputSchema: jsonSchema<Record<string, string>>(parameters),
        strict: true,
        execute: (input, { abortSignal }) =>
          run(input, abortSignal).catch((error: unknown) => {
            throw new Error(failureText(error), { cause: error });
          }),
      }),
    ]),
  );

/** Tools for one computer, which the caller keeps across turns: run_command, read_file, write_file. A failure is told to the model. */
export const vitrineTools = (computer: Computer, options?: CommandOptions): VitrineTools => toolsOf(computerFunctions(computer, options));

/** The tool run_in_new_computer: each call has a computer of its own, which is deleted before its answer. A failure is told to the model. */
export const oneShotTools = (vitrine: Pick<Vitrine, "computers">, options?: OneShotOptions): VitrineTools =>
  toolsOf([oneShotFunction(vitrine, options)]);
