/**
 * An agent loop with Anthropic's computer toolset: a computer is created, the model gets its screen and a task, and the SDK's own tool runner has the
 * computer do what it asks for, until it asks for nothing more. The task: fill in a form that this script serves.
 * Run it beside a service: `npm run example -- anthropic-computer-loop`. With ANTHROPIC_API_KEY a real model does it (ANTHROPIC_BASE_URL, ANTHROPIC_MODEL), else
 * a script.
 */
import Anthropic from "@anthropic-ai/sdk";
import { Vitrine } from "../src/client/index.ts";
import { VitrineComputerToolset } from "../src/integrations/anthropic/index.ts";
import { serveFakeModel } from "./fake-model.mjs";
import { serveForm } from "./form-page.mjs";

const MAX_TURNS = 50;

const form = await serveForm();
const fake = process.env.ANTHROPIC_API_KEY ? null : await serveFakeModel();
const anthropic = new Anthropic(fake ? { baseURL: fake.url, apiKey: "none" } : {});
const computer = await new Vitrine().computers.create({ network: { host_ports: [form.port] } });
console.log(`${computer.name} is ${computer.status}. Watch it at ${computer.live_url}`);
try {
  const task = `Fill in the form at http://host.vitrine.internal:${form.port}/ with a scientist of your choice and send it.`;
  const data = (await computer.screenshot()).toString("base64");
  const runner = anthropic.beta.messages.toolRunner({
    model: process.env.ANTHROPIC_MODEL ?? "claude-opus-5-5",
    max_tokens: 4096,
    max_iterations: MAX_TURNS,
    tools: [new VitrineComputerToolset(computer)],
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: task },
          { type: "image", source: { type: "base64", media_type: "image/png", data } },
        ],
      },
    ],
  });
  let turn = 0;
  for await (const { content } of runner) console.log(`turn ${++turn}: ${JSON.stringify(content)}`);
  const { content } = await runner.done();
  console.log(`The model says: ${content.flatMap((block) => (block.type === "text" ? block.text : [])).join(" ")}`);
  console.log(`The form got: ${JSON.stringify(await Promise.race([form.sent, null]))}`);
} finally {
  if (!process.argv.includes("--keep")) await computer.delete();
  await form.close();
  await fake?.close();
}
