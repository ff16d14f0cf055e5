import type { ServerResponse } from "node:http";
import { serve } from "./serve.ts";

/** Calls of function tools, one a turn. */
export type Calls = readonly (readonly [name: string, input: object])[];
/** What the script reads of a request to OpenAI's Responses API. */
interface Asked {
  model: string;
  stream?: boolean;
  input: string | { type?: string; call_id?: string }[];
  tools?: { type: string; name?: string }[];
}

const USAGE = {
  input_tokens: 1,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 1,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 2,
};

/** What the model says in this turn. Throws where it was not told what its last call gave, or cannot make the next one. */
const itemOf = (turn: number, calls: Calls, said: string, { input, tools = [] }: Asked) => {
  const answered =
    typeof input !== "string" && input.some((item) => item.type === "function_call_output" && item.call_id === `call_${turn - 1}`);
  if (turn > 0 && !answered) throw new Error(`a function_call_output for call_${turn - 1} is missing`);
  const call = calls[turn];
  if (!call) {
    const content = [{ type: "output_text", text: said, annotations: [], logprobs: [] }];
    return { type: "message", id: `msg_${turn}`, role: "assistant", status: "completed", content };
  }
  const [name, args] = call;
  if (!tools.some((tool) => tool.name === name))
    throw new Error(`there is no tool ${name}, but ${tools.map((tool) => tool.name ?? tool.type).join(", ")}`);
  return { type: "function_call", id: `fc_${turn}`, call_id: `call_${turn}`, status: "completed", name, arguments: JSON.stringify(args) };
};

/** The same answer as server-sent events. */
const stream = (response: ServerResponse, answer: object, item: ReturnType<typeof itemOf>) => {
  let sequence_number = 0;
  const send = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence_number++, output_index: 0, ...data })}\n\n`);
  response.writeHead(200, { "content-type": "text/event-stream" });
  send("response.created", { response: { ...answer, status: "in_progress", output: [], usage: null } });
  const part = { item_id: item.id, content_index: 0 };
  if (item.content) {
    const [{ text } = { text: "" }] = item.content;
    send("response.output_item.added", { item: { ...item, status: "in_progress", content: [] } });
    send("response.content_part.added", { ...part, part: { type: "output_text", text: "", annotations: [] } });
    send("response.output_text.delta", { ...part, delta: text, logprobs: [] });
    send("response.output_text.done", { ...part, text, logprobs: [] });
    send("response.content_part.done", { ...part, part: item.content[0] });
  } else {
    send("response.output_item.added", { item: { ...item, status: "in_progress", arguments: "" } });
    send("response.function_call_arguments.delta", { item_id: item.id, delta: item.arguments });
    send("response.function_call_arguments.done", { item_id: item.id, arguments: item.arguments, name: item.name });
  }
  send("response.output_item.done", { item });
  send("response.completed", { response: answer });
  response.end();
};

/**
 * A model that is no model: on a free port of the loopback it answers OpenAI's Responses API, whole or streamed, with these calls, one a turn, and then with
 * `said`. A request that does not go with the script is answered with 400. `url` is what a client has as its base URL.
 */
export const serveScript = async (calls: Calls, said: string) => {
  let turn = 0;
  const server = await serve(async (request, response) => {
    try {
      if (request.method !== "POST" || request.url !== "/v1/responses") throw new Error(`there is no ${request.method} ${request.url}`);
      const asked: Asked = JSON.parse(Buffer.concat(await request.toArray()).toString());
      const item = itemOf(turn, calls, said, asked);
      const answer = {
        id: `resp_${turn}`,
        object: "response",
        created_at: Math.floor(Date.now() / 1000),
        status: "completed",
        model: asked.model,
        error: null,
        incomplete_details: null,
        output: [item],
        usage: USAGE,
      };
      turn++;
      if (asked.stream) return stream(response, answer, item);
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    } catch (error) {
      const { message } = error as Error;
      response
        .writeHead(400, { "content-type": "application/json" })
        .end(JSON.stringify({ error: { type: "invalid_request_error", message } }));
    }
  });
  return { ...server, url: `http://127.0.0.1:${server.port}/v1` };
};

/** Without OPENAI_API_KEY this process's clients of OpenAI speak to such a script. */
export const withoutKey = async (calls: Calls, said: string): Promise<AsyncDisposable> => {
  if (process.env.OPENAI_API_KEY) return { [Symbol.asyncDispose]: async () => {} };
  const script = await serveScript(calls, said);
  Object.assign(process.env, { OPENAI_API_KEY: "none", OPENAI_BASE_URL: script.url });
  return script;
};
