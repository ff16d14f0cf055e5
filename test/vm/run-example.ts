import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect } from "vitest";
import { vm } from "./shared.ts";

/** Runs examples/NAME.ts beside the shared service, without any model's key, to its good end. Answers all that it wrote. */
export const runExample = async (name: string, ...args: string[]): Promise<string> => {
  const { OPENAI_API_KEY: _o, ANTHROPIC_API_KEY: _a, GEMINI_API_KEY: _g, ...env } = process.env;
  const file = new URL(`../../examples/${name}.ts`, import.meta.url).pathname;
  const child = spawn(process.execPath, [file, ...args], {
    env: { ...env, VITRINE_URL: vm.url, VITRINE_API_KEY: vm.apiKey },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const [code] = await once(child, "close");
  expect(code, output).toBe(0);
  return output;
};
