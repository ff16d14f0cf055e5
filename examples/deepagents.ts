/**
 * deepagents (LangChain): a deep agent whose files and commands are in a computer. Run it beside a service: `npm run example -- deepagents`. With OPENAI_API_KEY
 * a real model does it (OPENAI_MODEL), else a script.
 */
import { ToolMessage } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import { createDeepAgent } from "deepagents";
import { Vitrine } from "../src/client/index.ts";
import { VitrineSandbox } from "../src/integrations/deepagents/index.ts";
import { withoutKey } from "./support/scripted-model.ts";

await using _script = await withoutKey(
  [
    ["write_file", { file_path: "/home/ohm/primes.py", content: "print([n for n in range(2, 30) if all(n % d for d in range(2, n))])\n" }],
    ["execute", { command: "python3 primes.py" }],
  ],
  "primes.py prints the primes below 30.",
);
await using computer = await new Vitrine().computers.create({ template: "scratch" });
const model = new ChatOpenAI({ model: process.env.OPENAI_MODEL ?? "gpt-5.4", useResponsesApi: true });
const agent = createDeepAgent({ model, backend: new VitrineSandbox(computer) });
const { messages } = await agent.invoke({
  messages: [{ role: "user", content: "Write a Python program that prints the primes below 30 to /home/ohm/primes.py, and run it." }],
});
for (const message of messages) if (ToolMessage.isInstance(message)) console.log(`${message.name}: ${message.text}`);
console.log(`The model says: ${messages.at(-1)?.text}`);
