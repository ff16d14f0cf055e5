import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect } from "vitest";
import { vm } from "./shared.ts";

/** Runs a program beside the shared service, without any model's key, to its good end. Answers all that it wrote. */
export const runProgram = async (
  program: string,
  args: readonly string[],
  { cwd, env: more = {} }: { cwd?: string; env?: Record<string, string> } = {},
): Promise<string> => {
  const { OPENAI_API_KEY: _o, ANTHROPIC_API_KEY: _a, GEMINI_API_KEY: _g, ...env } = process.env;
  const child = spawn(program, args, {
    cwd,
    // Mastra and OpenAI's agents would tell their makers of each run.
    env: {
      ...env,
      MASTRA_TELEMETRY_DISABLED: "1",
      OPENAI_AGENTS_DISABLE_TRACING: "1",
      VITRINE_URL: vm.url,
      VITRINE_API_KEY: vm.apiKey,
      ...more,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const [code] = await once(child, "close");
  expect(code, output).toBe(0);
  return output;
};

/** The file of an example. */
export const exampleFile = (name: string): string => new URL(`../../examples/${name}`, import.meta.url).pathname;

/** Runs examples/NAME.ts. */
export const runExample = (name: string, ...args: string[]): Promise<string> =>
  runProgram(process.execPath, [exampleFile(`${name}.ts`), ...args]);
