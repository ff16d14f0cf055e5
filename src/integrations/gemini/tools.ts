import type { CallableTool, FunctionCall, Part } from "@google/genai";
import type { Computer, Vitrine } from "../../client/index.ts";
import { type CommandOptions, computerFunctions, type ModelFunction, type OneShotOptions, oneShotFunction } from "../shared/functions.ts";
import { failureText } from "../shared/report.ts";

const answer = async ({ run }: ModelFunction, { id, name, args = {} }: FunctionCall): Promise<Part> => {
  const response = await run(args as Record<string, string>, undefined).then(
    (output) => ({ output }),
    (error: unknown) => ({ error: failureText(error) }),
  );
  return { functionResponse: { ...(id !== undefined && { id }), name, response } };
};

const callable = (functions: readonly ModelFunction[]): CallableTool => ({
  tool: async () => ({
    functionDeclarations: functions.map(({ name, description, parameters }) => ({ name, description, parametersJsonSchema: parameters })),
  }),
  callTool: async (calls) => {
    const parts: Part[] = [];
    for (const call of calls) {
      const called = functions.find(({ name }) => name === call.name);
      // Each tool gets all calls of a turn, and answers its own.
      if (called) parts.push(await answer(called, call));
    }
    return parts;
  },
});

/** Functions for one computer, which the caller keeps across turns: run_command, read_file, write_file. The SDK calls them; a failure is told to the model. */
export const vitrineTools = (computer: Computer, options?: CommandOptions): CallableTool => callable(computerFunctions(computer, options));

/** The function run_in_new_computer: each call has a computer of its own, which is deleted before its answer. A failure is told to the model. */
export const oneShotTool = (vitrine: Pick<Vitrine, "computers">, options?: OneShotOptions): CallableTool =>
  callable([oneShotFunction(vitrine, options)]);
