/**
 * MCP: a client of `vitrine mcp` over its standard input and output, as an agent's host is one: a computer is created, a small site is written and served
 * there, and its browser uses the site by references. Run it beside a service: `npm run example -- mcp-client`.
 */
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const PAGE = `<!doctype html><title>Greeter</title><form onsubmit="document.body.append('Hello, ' + who.value); return false">
<label>Name <input id="who"></label><button>Greet</button></form>`;
const SERVE =
  "nohup python3 -m http.server 8000 --bind 127.0.0.1 > log 2>&1 & curl -sS --retry 30 --retry-connrefused --retry-delay 1 http://127.0.0.1:8000/";

const vitrine = new URL("../bin/vitrine.mjs", import.meta.url).pathname;
const client = new Client({ name: "example", version: "1" });
await client.connect(
  new StdioClientTransport({ command: process.execPath, args: [vitrine, "mcp"], env: process.env as Record<string, string> }),
);
/** A tool's answer as text; a failure is thrown. A browser that is late, as on a busy host without KVM, is asked again. */
const call = async (name: string, input: Record<string, unknown> = {}, tries = 6): Promise<string> => {
  const { content, isError } = await client.callTool({ name, arguments: input });
  const text = content.map((block) => (block.type === "text" ? block.text : `(${block.type})`)).join("\n");
  if (isError && name.startsWith("browser_") && tries > 1) return call(name, input, tries - 1);
  if (isError) throw new Error(`${name}: ${text}`);
  console.log(`${name}: ${text.slice(0, 200)}`);
  return text;
};
/** The reference of an element that words describe. */
const find = async (query: string): Promise<string> => {
  const found = await call("browser_find", { query });
  const ref = /ref_\d+/.exec(found)?.[0];
  if (!ref) throw new Error(`the page has no ${query}: ${found}`);
  return ref;
};

try {
  const { tools } = await client.listTools();
  console.log(`${tools.length} tools: ${tools.map(({ name }) => name).join(", ")}`);
  await call("computer_create");
  await call("file_write", { path: "/home/ohm/index.html", content: PAGE });
  await call("exec", { command: SERVE, timeout_s: 60 });
  await call("browser_navigate", { url: "http://127.0.0.1:8000/" });
  await call("browser_fill", { ref: await find("name field"), value: "Marie" });
  await call("browser_click", { ref: await find("greet button") });
  await call("browser_page_text");
  await call("screenshot");
} finally {
  await client.close(); // what the session created is deleted
}
