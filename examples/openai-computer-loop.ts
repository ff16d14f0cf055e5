/**
 * An agent loop with OpenAI's computer tool: a computer is created, the model gets its screen and a task, each computer_call goes to the computer as it
 * came, and what comes back goes to the model, until it says that it is done. The task: fill in a form that this script serves.
 * Run it beside a service: `npm run example -- openai-computer-loop`. With OPENAI_API_KEY a real model does it (OPENAI_BASE_URL, OPENAI_MODEL), else a script.
 */
import { Vitrine } from "../src/client/index.ts";
import { serveFakeModel } from "./fake-model.mjs";
import { serveForm } from "./form-page.mjs";

const MAX_TURNS = 50;
type Item = { type: string; content?: { type: string; text?: string }[] };
type Answer = { id: string; output: Item[] };

const form = await serveForm();
const fake = process.env.OPENAI_API_KEY ? null : await serveFakeModel();
const base = fake ? `${fake.url}/v1` : (process.env.OPENAI_BASE_URL ?? "https://api.openai.com/v1");

const ask = async (body: object): Promise<Answer> => {
  const answer = await fetch(`${base}/responses`, {
    method: "POST",
    headers: { authorization: `Bearer ${process.env.OPENAI_API_KEY ?? "none"}`, "content-type": "application/json" },
    body: JSON.stringify({ model: process.env.OPENAI_MODEL ?? "gpt-5.4", tools: [{ type: "computer" }], truncation: "auto", ...body }),
  });
  if (!answer.ok) throw new Error(`the model answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Answer;
};

const computer = await new Vitrine().computers.create({ network: { host_ports: [form.port] } });
console.log(`${computer.name} is ${computer.status}. Watch it at ${computer.live_url}`);
try {
  const task = `Fill in the form at http://host.vitrine.internal:${form.port}/ with a scientist of your choice and send it.`;
  const screen = `data:image/png;base64,${(await computer.screenshot()).toString("base64")}`;
  const content = [
    { type: "input_text", text: task },
    { type: "input_image", image_url: screen, detail: "original" },
  ];
  let answer = await ask({ input: [{ role: "user", content }] });
  for (let turn = 1; turn <= MAX_TURNS; turn++) {
    const call = answer.output.find(({ type }) => type === "computer_call");
    if (!call) break;
    console.log(`turn ${turn}: ${JSON.stringify(call)}`);
    const output = await computer.act(call, { dialect: "openai" });
    answer = await ask({ previous_response_id: answer.id, input: [output] });
  }
  const said = answer.output.flatMap((item) => item.content ?? []).flatMap(({ text }) => text ?? []);
  console.log(`The model says: ${said.join(" ")}`);
  console.log(`The form got: ${JSON.stringify(await Promise.race([form.sent, null]))}`);
} finally {
  if (!process.argv.includes("--keep")) await computer.delete();
  await form.close();
  await fake?.close();
}
