/**
 * An agent loop with Anthropic's computer toolset: a computer is created, the model gets its screen and a task, each message's content goes to the computer
 * as it came, and the tool_results go to the model, until it asks for nothing more. The task: fill in a form that this script serves.
 * Run it beside a service: `npm run example -- anthropic-computer-loop`. With ANTHROPIC_API_KEY a real model does it (ANTHROPIC_BASE_URL, ANTHROPIC_MODEL), else
 * a script.
 */
import { Vitrine } from "../src/client/index.ts";
import { serveFakeModel } from "./fake-model.mjs";
import { serveForm } from "./form-page.mjs";

const MAX_TURNS = 50;
type Block = { type: string; text?: string };
type Answer = { content: Block[]; stop_reason: string };

const form = await serveForm();
const fake = process.env.ANTHROPIC_API_KEY ? null : await serveFakeModel();
const base = fake?.url ?? process.env.ANTHROPIC_BASE_URL ?? "https://api.anthropic.com";

const ask = async (messages: object[]): Promise<Answer> => {
  const answer = await fetch(`${base}/v1/messages`, {
    method: "POST",
    headers: {
      "x-api-key": process.env.ANTHROPIC_API_KEY ?? "none",
      "anthropic-version": "2023-06-01",
      "content-type": "application/json",
    },
    body: JSON.stringify({
      model: process.env.ANTHROPIC_MODEL ?? "claude-opus-5-5",
      max_tokens: 4096,
      tools: [{ type: "computer_toolset_20260801" }],
      messages,
    }),
  });
  if (!answer.ok) throw new Error(`the model answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Answer;
};

const computer = await new Vitrine().computers.create({ network: { host_ports: [form.port] } });
console.log(`${computer.name} is ${computer.status}. Watch it at ${computer.live_url}`);
try {
  const task = `Fill in the form at http://host.vitrine.internal:${form.port}/ with a scientist of your choice and send it.`;
  const data = (await computer.screenshot()).toString("base64");
  const content = [
    { type: "text", text: task },
    { type: "image", source: { type: "base64", media_type: "image/png", data } },
  ];
  const messages: { role: string; content: unknown }[] = [{ role: "user", content }];
  let answer = await ask(messages);
  for (let turn = 1; turn <= MAX_TURNS && answer.stop_reason === "tool_use"; turn++) {
    console.log(`turn ${turn}: ${JSON.stringify(answer.content)}`);
    const results = await computer.act({ content: answer.content }, { dialect: "anthropic" });
    messages.push({ role: "assistant", content: answer.content }, { role: "user", content: results });
    answer = await ask(messages);
  }
  console.log(`The model says: ${answer.content.flatMap(({ text }) => text ?? []).join(" ")}`);
  console.log(`The form got: ${JSON.stringify(await Promise.race([form.sent, null]))}`);
} finally {
  if (!process.argv.includes("--keep")) await computer.delete();
  await form.close();
  await fake?.close();
}
