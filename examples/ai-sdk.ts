/**
 * The AI SDK: a model works in a computer with function tools. Run it beside a service: `npm run example -- ai-sdk`. With OPENAI_API_KEY a real model does it
 * (OPENAI_MODEL), else a script.
 */
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, isStepCount } from "ai";
import { Vitrine } from "../src/client/index.ts";
import { vitrineTools } from "../src/integrations/ai-sdk/index.ts";
import { withoutKey } from "./support/scripted-model.ts";

await using _script = await withoutKey(
  [
    ["write_file", { path: "/home/ohm/primes.py", content: "print([n for n in range(2, 30) if all(n % d for d in range(2, n))])\n" }],
    ["run_command", { command: "python3 primes.py" }],
  ],
  "primes.py prints the primes below 30.",
);
const openai = createOpenAI(); // OPENAI_API_KEY and OPENAI_BASE_URL, as they are by now
await using computer = await new Vitrine().computers.create({ template: "scratch" });
const { text } = await generateText({
  model: openai(process.env.OPENAI_MODEL ?? "gpt-5.4"),
  prompt: "Write a Python program that prints the primes below 30 to primes.py, and run it.",
  tools: vitrineTools(computer),
  stopWhen: isStepCount(20),
  onStepFinish: ({ toolResults }) => {
    for (const { toolName, output } of toolResults) console.log(`${toolName}: ${JSON.stringify(output)}`);
  },
});
console.log(`The model says: ${text}`);
