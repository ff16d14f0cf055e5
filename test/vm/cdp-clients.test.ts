import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Stagehand } from "@browserbasehq/stagehand";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { Computer } from "../../src/client/index.ts";
import { sharedComputer, vm } from "./shared.ts";

/** Milliseconds: emulated guests take their time. */
const SLOW_MS = 240_000;
const TEXT = "hello from the host";
const pageUrl = `http://host.vitrine.internal:${vm.pagePort}/cdp-clients`;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
const env = { PATH: process.env.PATH ?? "", HOME: dir, LANG: "C.UTF-8", CI: "1" };
const bin = (name: string) => new URL(`../../node_modules/.bin/${name}`, import.meta.url).pathname;

let computer: Computer;
beforeAll(async () => {
  computer = await sharedComputer();
});
afterAll(async () => {
  const browser = await computer.connectPlaywright({ timeout: SLOW_MS });
  await browser.contexts()[0]!.pages()[0]!.goto("about:blank", { timeout: SLOW_MS });
  await browser.close();
  rmSync(dir, { recursive: true });
});

/** An MCP server of somebody else's, over stdio, and what its tools say. */
const startServer = async (command: string, args: string[], more: Record<string, string>) => {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [bin(command), ...args],
    cwd: dir,
    env: { ...env, ...more },
    stderr: "ignore",
  });
  const client = new Client({ name: "test", version: "1" });
  onTestFinished(() => client.close());
  await client.connect(transport);
  return async (name: string, input: Record<string, unknown> = {}): Promise<string> => {
    const { content, isError } = await client.callTool({ name, arguments: input }, { timeout: SLOW_MS });
    const text = content.map((block) => (block.type === "text" ? block.text : "")).join("\n");
    expect(isError ?? false, text).toBe(false);
    return text;
  };
};

test("@playwright/mcp opens a page and reads it", async () => {
  // Its snapshots have half a minute, and no option.
  const patience = join(dir, "patience.cjs");
  writeFileSync(patience, `exports.default = async ({ page }) => page.setDefaultTimeout(${SLOW_MS});`);
  const call = await startServer("playwright-mcp", [], {
    PLAYWRIGHT_MCP_INIT_PAGE: patience,
    PLAYWRIGHT_MCP_CDP_ENDPOINT: computer.cdp_url!,
    PLAYWRIGHT_MCP_CDP_TIMEOUT: String(SLOW_MS),
    PLAYWRIGHT_MCP_TIMEOUT_NAVIGATION: String(SLOW_MS),
  });
  expect(await call("browser_navigate", { url: pageUrl })).toContain("Page Title: /cdp-clients");
  expect(await call("browser_snapshot")).toContain(TEXT);
});

test("chrome-devtools-mcp opens a page and reads it", async () => {
  const config = join(dir, "chrome-devtools-mcp.json");
  writeFileSync(config, JSON.stringify({ wsEndpoint: computer.cdp_ws_url }), { mode: 0o600 });
  const call = await startServer("chrome-devtools-mcp", ["--config", config], { CHROME_DEVTOOLS_MCP_NO_UPDATE_CHECKS: "1" });
  const opened = await call("new_page", { url: pageUrl, timeout: SLOW_MS });
  const [, id] = /^(\d+): .*\[selected\]/m.exec(opened) ?? [];
  const pageId = Number(id);
  expect(await call("take_snapshot", { pageId })).toContain(TEXT);
  await call("close_page", { pageId });
});

test("agent-browser opens a page and reads it", async () => {
  const agentBrowser = async (...args: string[]) => {
    const more = { AGENT_BROWSER_CDP: computer.cdp_ws_url!, AGENT_BROWSER_DEFAULT_TIMEOUT: String(SLOW_MS) };
    const { stdout } = await promisify(execFile)(process.execPath, [bin("agent-browser"), ...args], { env: { ...env, ...more }, cwd: dir });
    return stdout;
  };
  // Its daemon outlives the command.
  onTestFinished(async () => void (await agentBrowser("close")));
  await agentBrowser("open", pageUrl);
  expect(await agentBrowser("get", "title")).toContain("/cdp-clients");
  expect(await agentBrowser("get", "text", "body")).toContain(TEXT);
});

/** OpenAI's responses, of a model that finds in the page's text what it is asked to extract. */
const startModel = async () => {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const said = { greeting: /hello from \w+ \w+/.exec(body)?.[0] ?? "", progress: "read", completed: true };
    const { properties } = JSON.parse(body).text.format.schema;
    const wanted = Object.fromEntries(Object.entries(said).filter(([name]) => name in properties));
    const content = [{ type: "output_text", text: JSON.stringify(wanted), annotations: [] }];
    response.setHeader("Content-Type", "application/json").end(
      JSON.stringify({
        id: "resp_1",
        object: "response",
        created_at: 1,
        model: "scripted",
        status: "completed",
        output: [{ type: "message", id: "msg_1", role: "assistant", status: "completed", content }],
        usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
      }),
    );
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
};

test("Stagehand opens a page, and a model reads it", async () => {
  const stagehand = new Stagehand({
    env: "LOCAL",
    verbose: 0,
    disablePino: true,
    localBrowserLaunchOptions: { cdpUrl: computer.cdp_ws_url!, connectTimeoutMs: SLOW_MS },
    model: { modelName: "openai/gpt-5-mini", apiKey: "none", baseURL: await startModel() },
  });
  await stagehand.init();
  onTestFinished(() => stagehand.close());
  const page = stagehand.context.pages()[0]!;
  await page.goto(pageUrl, { timeoutMs: SLOW_MS });
  expect(await page.title()).toBe("/cdp-clients");
  const { greeting } = await stagehand.extract("what the page says", z.object({ greeting: z.string() }));
  expect(greeting).toBe(TEXT);
});
