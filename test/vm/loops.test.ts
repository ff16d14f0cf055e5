import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { ANSWERS } from "../../examples/fake-model.mjs";
import { vm } from "./shared.ts";

// Each creates a computer of its own, and deletes it.
test.each(["openai-computer-loop", "anthropic-computer-loop"])("%s fills in the form by the screen alone and sends it", async (name) => {
  const { OPENAI_API_KEY: _o, ANTHROPIC_API_KEY: _a, ...env } = process.env;
  const file = new URL(`../../examples/${name}.ts`, import.meta.url).pathname;
  const child = spawn(process.execPath, [file], {
    env: { ...env, VITRINE_URL: vm.url, VITRINE_API_KEY: vm.apiKey },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const [code] = await once(child, "close");
  expect(output).toContain("The model says: The form is sent; the page says thank you.");
  expect(output).toContain(`The form got: ${JSON.stringify(ANSWERS)}`);
  expect(code).toBe(0);
});
