/**
 * A model that is no model: it answers OpenAI's Responses API, Anthropic's Messages API and Gemini's generateContent as their computer-use models would, and
 * fills in the form of form-page.mjs by a script. It looks at each screenshot: the form is there when the blue of its button is, and the button is clicked where it is seen.
 */
import { createServer } from "node:http";
import sharp from "sharp";

const BLUE = [0x34, 0x54, 0xd1];
export const ANSWERS = { name: "Marie Skłodowska-Curie", city: "Warszawa", about: "Žluťoučký kůň, 漢字, 😀" };

/** The middle of what is blue in a picture, in its pixels, and the picture's size; null when too little is. */
const findButton = async (png) => {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  let [count, left, top, right, bottom] = [0, info.width, info.height, 0, 0];
  for (let i = 0; i < data.length; i += 3) {
    if (BLUE.some((value, channel) => Math.abs(data[i + channel] - value) > 2)) continue;
    const [x, y] = [(i / 3) % info.width, Math.floor(i / 3 / info.width)];
    count++;
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  }
  const { width, height } = info;
  return count > 300 ? { x: Math.round((left + right) / 2), y: Math.round((top + bottom) / 2), width, height } : null;
};

/** For a page that is not there yet: a slow guest takes its time, and turns are counted. */
const WAIT = [{ wait: 1 }, { wait: 1 }, { wait: 1 }];

/** What to do next, in words of no vendor, for what is seen. A list of steps, or a sentence when it is over. */
class Script {
  #stage = "open";

  constructor(url) {
    this.url = url;
  }

  async next(png) {
    const button = await findButton(png);
    if (this.#stage === "open") {
      this.#stage = "fill";
      return [{ keys: "ctrl+l" }, { type: this.url }, { keys: "Return" }, { wait: 1 }];
    }
    if (this.#stage === "fill") {
      if (!button) return WAIT;
      this.#stage = "send";
      const { name, city, about } = ANSWERS;
      return [{ type: name }, { keys: "Tab" }, { type: city }, { keys: "Tab" }, { type: about }];
    }
    if (this.#stage === "send" && button) {
      this.#stage = "look";
      return [{ click: button }];
    }
    return button ? WAIT : "The form is sent; the page says thank you.";
  }
}

const OPENAI_KEYS = { ctrl: "CTRL", l: "L", Return: "ENTER", Tab: "TAB" };
const openaiAction = (step) => {
  if (step.keys) return { type: "keypress", keys: step.keys.split("+").map((key) => OPENAI_KEYS[key]) };
  if (step.type) return { type: "type", text: step.type };
  if (step.click) return { type: "click", button: "left", x: step.click.x, y: step.click.y, keys: null };
  return { type: "wait" };
};
const anthropicUse = (step) => {
  if (step.keys) return ["key", { text: step.keys }];
  if (step.type) return ["type", { text: step.type }];
  if (step.click) return ["left_click", { coordinate: [step.click.x, step.click.y] }];
  return ["wait", { duration: step.wait }];
};
const geminiCall = (step) => {
  if (step.keys?.includes("+")) return { name: "hotkey", args: { keys: step.keys.split("+") } };
  if (step.keys) return { name: "press_key", args: { key: step.keys } };
  if (step.type) return { name: "type", args: { text: step.type } };
  if (!step.click) return { name: "wait", args: { seconds: step.wait } };
  const { x, y, width, height } = step.click;
  return { name: "click", args: { x: Math.round((x * 1000) / width), y: Math.round((y * 1000) / height) } };
};

const dataUrl = (url) => {
  const data = /^data:image\/png;base64,(.+)$/.exec(url ?? "")?.[1];
  if (!data) throw new Error("a screenshot must be a data:image/png;base64, URL");
  return Buffer.from(data, "base64");
};
const taskUrl = (text) => {
  const url = /https?:\/\/\S+/.exec(text ?? "")?.[0];
  if (!url) throw new Error("the task names no URL");
  return url;
};

const openai = () => {
  let script;
  let pending;
  let turn = 0;
  return async (body) => {
    let png;
    if (body.previous_response_id === undefined) {
      if (!body.tools?.some(({ type }) => type === "computer")) throw new Error("the tool computer is missing");
      const content = body.input[0].content;
      script = new Script(taskUrl(content.find(({ type }) => type === "input_text").text));
      png = dataUrl(content.find(({ type }) => type === "input_image").image_url);
    } else {
      const [output] = body.input;
      if (output.type !== "computer_call_output" || output.call_id !== pending || output.output.type !== "computer_screenshot")
        throw new Error(`a computer_call_output for ${pending} is missing`);
      if (output.status === "incomplete") throw new Error("not all actions were done, and the script has no other way");
      png = dataUrl(output.output.image_url);
    }
    const next = await script.next(png);
    turn++;
    pending = `call_${turn}`;
    const done = typeof next === "string";
    const message = {
      type: "message",
      id: `msg_${turn}`,
      role: "assistant",
      content: [{ type: "output_text", text: next, annotations: [] }],
    };
    const actions = done ? [] : next.map(openaiAction);
    const call = { type: "computer_call", id: `cu_${turn}`, call_id: pending, status: "completed", pending_safety_checks: [], actions };
    const output = [{ type: "reasoning", id: `rs_${turn}`, summary: [] }, done ? message : call];
    return { id: `resp_${turn}`, object: "response", status: "completed", model: body.model, output };
  };
};

const anthropic = () => {
  let script;
  let turn = 0;
  let asked = [];
  return async (body) => {
    // Whoever goes on in a thread sends what is new alone.
    if (!script && !body.tools?.some(({ type }) => type === "computer_toolset_20260801"))
      throw new Error("the computer toolset is missing");
    const { content } = body.messages.at(-1);
    for (const [i, { id }] of asked.entries()) {
      if (content[i]?.type !== "tool_result" || content[i].tool_use_id !== id || content[i].toolset_name !== "computer")
        throw new Error(`a tool_result for ${id} is missing`);
      if (content[i].is_error) throw new Error(`an action failed, and the script has no other way: ${content[i].content[0].text}`);
    }
    script ??= new Script(taskUrl(content.find(({ type }) => type === "text").text));
    const images = content
      .flatMap((block) => (block.type === "tool_result" ? block.content : [block]))
      .filter(({ type }) => type === "image");
    const next = await script.next(Buffer.from(images.at(-1).source.data, "base64"));
    turn++;
    const uses = typeof next === "string" ? [] : [...next.map(anthropicUse), ["screenshot", {}]];
    asked = uses.map(([name, input], i) => ({
      type: "tool_use",
      id: `toolu_${turn}_${i}`,
      name,
      toolset_name: "computer",
      caller: { type: "direct" },
      input,
    }));
    return {
      id: `msg_${turn}`,
      type: "message",
      role: "assistant",
      model: body.model,
      content: [{ type: "text", text: typeof next === "string" ? next : "I go on." }, ...asked],
      stop_reason: asked.length > 0 ? "tool_use" : "end_turn",
      usage: { input_tokens: 1, output_tokens: 1 },
    };
  };
};

const gemini = () => {
  let script;
  let asked = [];
  return async (body) => {
    if (!body.tools?.some(({ computerUse }) => computerUse)) throw new Error("the tool computerUse is missing");
    const { parts } = body.contents.at(-1);
    const responses = parts.flatMap(({ functionResponse }) => functionResponse ?? []);
    for (const [i, { id }] of asked.entries()) {
      if (responses[i]?.id !== id) throw new Error(`a functionResponse for ${id} is missing`);
      if (typeof responses[i].response.url !== "string") throw new Error("a functionResponse must tell the page's URL");
      if (responses[i].response.error) throw new Error(`a call failed, and the script has no other way: ${responses[i].response.error}`);
    }
    script ??= new Script(taskUrl(parts.find(({ text }) => text).text));
    const pictures = [...parts, ...responses.flatMap(({ parts = [] }) => parts)].flatMap(({ inlineData }) => inlineData ?? []);
    const next = await script.next(Buffer.from(pictures.at(-1).data, "base64"));
    const turn = body.contents.length;
    asked = typeof next === "string" ? [] : next.map((step, i) => ({ id: `call_${turn}_${i}`, ...geminiCall(step) }));
    const said = asked.length > 0 ? asked.map((functionCall) => ({ functionCall })) : [{ text: next }];
    return { candidates: [{ content: { role: "model", parts: said }, finishReason: "STOP", index: 0 }] };
  };
};

/** Serves the APIs on a free port of the loopback, one conversation of each, until `close` is called. `url` is what a client has as its base URL. */
export const serveFakeModel = async () => {
  const apis = { responses: openai(), messages: anthropic(), generateContent: gemini() };
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", async () => {
      let answer;
      try {
        const call = /^\/v1(?:beta)?\/(?:models\/[\w.-]+:)?(\w+)(?:\?beta=true)?$/.exec(request.url)?.[1];
        const api = request.method === "POST" && Object.hasOwn(apis, call) && apis[call];
        if (!api) throw new Error(`there is no ${request.method} ${request.url}`);
        answer = [200, await api(JSON.parse(Buffer.concat(chunks)))];
      } catch (error) {
        answer = [400, { error: { type: "invalid_request_error", message: error.message } }];
      }
      response.writeHead(answer[0], { "content-type": "application/json" }).end(JSON.stringify(answer[1]));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
};
