import { join } from "node:path";
import {
  type Content,
  Environment,
  type FunctionCall,
  type FunctionResponse,
  type GenerateContentParameters,
  GoogleGenAI,
} from "@google/genai";
import { expect, test, vi } from "vitest";
import { type AnswerOptions, answerFunctionCalls, oneShotTool, vitrineTools } from "../../src/integrations/gemini/index.ts";
import { adapterWorld, SCREEN } from "../support/adapter-world.ts";
import { serveModel } from "../support/model-server.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const world = adapterWorld({ browser: true });
const { dir, options } = world;
const DONE = "Done.";
const MODEL = "gemini-3.5-flash";

/** A client of a Gemini API whose model calls what is in `turns`, one after the other, and then is done; `answers` holds what its calls were answered. */
const scripted = async (turns: FunctionCall[][]) => {
  const answers: FunctionResponse[][] = [];
  let asked: FunctionCall[] = [];
  let turn = 0;
  const baseUrl = await serveModel<{ contents: Content[] }>(/^\/v1(beta)?\/models\/[\w.-]+:generateContent$/, ({ contents }) => {
    if (turn > 0) {
      const { role, parts = [] } = contents.at(-1)!;
      expect(role).toBe("user");
      expect(parts.map(({ functionResponse }) => functionResponse?.id)).toEqual(asked.map(({ id }) => id));
      answers.push(parts.map(({ functionResponse }) => functionResponse!));
    }
    asked = (turns[turn] ?? []).map((call, i) => ({ id: `call_${turn}_${i}`, ...call }));
    turn++;
    const parts = asked.length > 0 ? asked.map((functionCall) => ({ functionCall })) : [{ text: DONE }];
    return { candidates: [{ content: { role: "model", parts }, finishReason: "STOP" }] };
  });
  return { ai: new GoogleGenAI({ apiKey: "none", httpOptions: { baseUrl } }), answers };
};

/** The loop of a user, with this script, on a new computer. */
const loop = async (settings: AnswerOptions, ...turns: FunctionCall[][]) => {
  const computer = await world.vitrine.computers.create();
  const { ai, answers } = await scripted(turns);
  const contents: Content[] = [{ role: "user", parts: [{ text: "Work." }] }];
  const request: GenerateContentParameters = {
    model: MODEL,
    contents,
    config: { tools: [{ computerUse: { environment: Environment.ENVIRONMENT_BROWSER } }] },
  };
  let response = await ai.models.generateContent(request);
  while (response.functionCalls) {
    contents.push(response.candidates![0]!.content!, {
      role: "user",
      parts: await answerFunctionCalls(computer, response.functionCalls, settings),
    });
    response = await ai.models.generateContent(request);
  }
  expect(response.text).toBe(DONE);
  return { answers, computer };
};

const picture = [{ inlineData: { mimeType: "image/png", data: expect.stringMatching(/^iVBOR/) } }];
const page = "data:text/html,<title>Here</title>";

test("Gemini's calls are done on its grid, and answered with the page's URL and a picture", async () => {
  const { answers, computer } = await loop(
    {},
    [{ name: "open_web_browser", args: {} }],
    [{ name: "navigate", args: { url: page } }],
    [
      { name: "click_at", args: { x: 500, y: 500 } },
      { name: "scroll_at", args: { x: 500, y: 500, direction: "down", magnitude: 200 } },
      { name: "key_combination", args: { keys: "control+a" } },
    ],
    [{ name: "move", args: { x: 999, y: 250 } }],
  );
  const url = { url: page };
  expect(answers.map((turn) => turn.map(({ name, response }) => [name, response]))).toEqual([
    [["open_web_browser", { url: "about:blank" }]],
    [["navigate", url]],
    [
      ["click_at", url],
      ["scroll_at", url],
      ["key_combination", url],
    ],
    [["move", url]],
  ]);
  for (const turn of answers) expect(turn.map(({ parts }) => parts)).toEqual([...turn.slice(1).map(() => undefined), picture]);
  const { results } = await computer.act([{ type: "cursor_position" }]);
  expect(results[0]).toMatchObject({ x: Math.floor((SCREEN.width * 999) / 1000), y: SCREEN.height / 4 });
});

test("what needs agreement is asked about, and done or not", async () => {
  const risky = (url: string): FunctionCall => ({
    name: "navigate",
    args: { url, safety_decision: { decision: "require_confirmation", explanation: "It buys." } },
  });
  const regular: FunctionCall = { name: "take_screenshot", args: { safety_decision: { decision: "regular" } } };
  const asked: unknown[] = [];
  const agree: AnswerOptions["agree"] = ({ name, explanation, args }) => {
    asked.push([name, explanation]);
    return args.url === page;
  };
  const { answers } = await loop({ agree }, [regular, risky(page)], [regular, risky("about:blank"), regular]);
  expect(asked).toEqual([
    ["navigate", "It buys."],
    ["navigate", "It buys."],
  ]);
  expect(answers.map((turn) => turn.map(({ response }) => response))).toEqual([
    [{ url: page }, { url: page, safety_acknowledgement: "true" }],
    [
      { url: page },
      { url: page, error: "Not executed: the user did not agree to it." },
      { url: page, error: "Not executed: an earlier call in this turn was refused." },
    ],
  ]);
  expect(answers[1]!.map(({ parts }) => parts)).toEqual([undefined, undefined, picture]);
  const [[refused]] = (await loop({}, [risky(page)])).answers as [[FunctionResponse]];
  expect(refused.response!.error).toContain("did not agree");
});

test("calls that are malformed or fail are told to the model, and nothing after them is done", async () => {
  const { answers } = await loop(
    {},
    [
      { name: "click_at", args: { x: 2000, y: 0 } },
      { name: "go_back", args: {} },
    ],
    [
      { name: "navigate", args: { url: "http://127.0.0.1:1/" } },
      { name: "take_screenshot", args: {} },
    ],
  );
  const [malformed, failed] = answers.map((turn) => turn.map(({ response }) => response!.error));
  expect(malformed).toEqual([expect.stringMatching(/^invalid_request: /), expect.stringMatching(/^invalid_request: /)]);
  expect(failed).toEqual([expect.any(String), "Not executed: an earlier call in this turn failed."]);
  expect(answers.map((turn) => turn.at(-1)!.parts)).toEqual([picture, picture]);
  expect(await answerFunctionCalls(await world.vitrine.computers.create(), [])).toEqual([]);
});

test("the SDK calls functions by itself: in one computer for many turns, and in one for each call", async () => {
  const computer = await world.vitrine.computers.create({ template: "scratch" });
  const path = join(dir, "noted.txt");
  const { ai, answers } = await scripted([
    [
      { name: "write_file", args: { path, content: "first\n" } },
      { name: "run_command", args: { command: `echo second >> ${path}; exit 3` } },
    ],
    [{ name: "read_file", args: { path } }],
    [{ name: "read_file", args: { path: join(dir, "none") } }],
    [{ name: "run_in_new_computer", args: { command: "echo once" } }],
  ]);
  const tools = [vitrineTools(computer, options), oneShotTool(world.vitrine, options)];
  const response = await ai.models.generateContent({ model: MODEL, contents: "Work.", config: { tools } });
  expect(response.text).toBe(DONE);
  expect(answers.flat().map(({ response }) => response)).toEqual([
    { output: expect.stringContaining("6 bytes") },
    { output: "Exit code 3." },
    { output: "first\nsecond\n" },
    { error: expect.stringMatching(/^file_not_found: /) },
    { output: "Exit code 0.\nstdout:\nonce\n" },
  ]);
  expect(await world.computers()).toEqual([computer.id]);
});
