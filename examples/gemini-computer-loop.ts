/**
 * An agent loop with Gemini's computer use: a computer is created, the model gets its screen and a task, the computer does what it calls for, and what comes
 * back goes to the model, until it calls for nothing more. The task: fill in a form that this script serves.
 * Run it beside a service: `npm run example -- gemini-computer-loop`. With GEMINI_API_KEY a real model does it (GEMINI_MODEL), else a script.
 */
import { createInterface } from "node:readline/promises";
import { type Content, Environment, GoogleGenAI } from "@google/genai";
import { Vitrine } from "../src/client/index.ts";
import { answerFunctionCalls, type SafetyDecision } from "../src/integrations/gemini/index.ts";
import { serveFakeModel } from "./fake-model.mjs";
import { serveForm } from "./form-page.mjs";

const MAX_TURNS = 50;

/** What the model is not to do unasked, the person at the terminal is asked about. */
const agree = async ({ name, args, explanation }: SafetyDecision): Promise<boolean> => {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${explanation}\n${name} ${JSON.stringify(args)}: do it? (yes/no) `);
  terminal.close();
  return answer === "yes";
};

const form = await serveForm();
const fake = process.env.GEMINI_API_KEY ? null : await serveFakeModel();
const gemini = new GoogleGenAI(fake ? { apiKey: "none", httpOptions: { baseUrl: fake.url } } : { apiKey: process.env.GEMINI_API_KEY! });
const computer = await new Vitrine().computers.create({ network: { host_ports: [form.port] } });
console.log(`${computer.name} is ${computer.status}. Watch it at ${computer.live_url}`);
try {
  const task = `Fill in the form at http://host.vitrine.internal:${form.port}/ with a scientist of your choice and send it.`;
  const data = (await computer.screenshot()).toString("base64");
  const contents: Content[] = [{ role: "user", parts: [{ text: task }, { inlineData: { mimeType: "image/png", data } }] }];
  const ask = () =>
    gemini.models.generateContent({
      model: process.env.GEMINI_MODEL ?? "gemini-3.5-flash",
      contents,
      config: { tools: [{ computerUse: { environment: Environment.ENVIRONMENT_BROWSER } }] },
    });
  let answer = await ask();
  for (let turn = 1; turn <= MAX_TURNS && answer.functionCalls; turn++) {
    console.log(`turn ${turn}: ${JSON.stringify(answer.functionCalls)}`);
    const parts = await answerFunctionCalls(computer, answer.functionCalls, { agree });
    contents.push(answer.candidates![0]!.content!, { role: "user", parts });
    answer = await ask();
  }
  console.log(`The model says: ${answer.text}`);
  console.log(`The form got: ${JSON.stringify(await Promise.race([form.sent, null]))}`);
} finally {
  if (!process.argv.includes("--keep")) await computer.delete();
  await form.close();
  await fake?.close();
}
