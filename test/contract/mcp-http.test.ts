import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { Vitrine } from "../../src/client/index.ts";
import { serveOnHttp } from "../../src/integrations/mcp/http.ts";
import { toolsOf } from "../support/mcp.ts";
import { startService, type TestService } from "../support/service.ts";

const CLI = new URL("../../bin/vitrine.mjs", import.meta.url).pathname;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
let service: TestService;
let vitrine: Vitrine;
let server: ChildProcess;
let url: URL;
let complaints: string;
const clients: Client[] = [];

const begin = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [CLI, "mcp", ...args], {
    env: { ...process.env, VITRINE_URL: service.url, VITRINE_API_KEY: service.apiKey },
    stdio: ["ignore", "pipe", "pipe"],
  });

beforeAll(async () => {
  service = await startService(dir);
  vitrine = new Vitrine(service);
});
afterAll(async () => {
  await service.close();
  rmSync(dir, { recursive: true });
});
beforeEach(async () => {
  complaints = "";
  server = begin("--http", "0");
  server.stderr!.on("data", (chunk) => {
    complaints += chunk;
  });
  const [line] = await once(createInterface({ input: server.stdout! }), "line");
  url = new URL(String(line));
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  if (server.exitCode === null) {
    server.kill("SIGTERM");
    await once(server, "exit");
  }
  for await (const computer of vitrine.computers.all()) await computer.delete();
  expect(complaints).toBe("");
});

const connect = async (key = service.apiKey, at = url) => {
  const transport = new StreamableHTTPClientTransport(at, { requestInit: { headers: { Authorization: `Bearer ${key}` } } });
  const client = new Client({ name: "test", version: "1" });
  clients.push(client);
  await client.connect(transport);
  return { client, transport, ...toolsOf(client) };
};
const names = async () => (await vitrine.computers.list()).data.map(({ name }) => name).sort();

const INITIALIZE = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "bare", version: "1" } },
});
/** A request with headers that fetch does not send; answers its status. */
const bare = async (headers: Record<string, string> = {}, { method = "POST", path = "/mcp" } = {}): Promise<number> => {
  const request = httpRequest(new URL(path, url), {
    method,
    headers: {
      "Content-Type": "application/json",
      Accept: "application/json, text/event-stream",
      Authorization: `Bearer ${service.apiKey}`,
      ...headers,
    },
  });
  request.end(method === "POST" ? INITIALIZE : undefined);
  const [response] = await once(request, "response");
  response.resume();
  response.destroy();
  return response.statusCode;
};

test("clients have sessions of their own; what a session made is deleted when its client says that it is over", async () => {
  const one = await connect();
  const other = await connect();
  expect((await one.client.listTools()).tools.map(({ name }) => name)).toContain("browser_navigate");
  await one.call("computer_create", { name: "einstein", template: "scratch" });
  await one.call("computer_create", { name: "kept", template: "scratch", keep: true });
  await other.call("computer_create", { name: "curie", template: "scratch" });
  const exec = { command: "echo here", user: process.env.USER ?? "root" };
  expect((await other.call("exec", exec)).texts.join("")).toContain("here");
  expect(await names()).toEqual(["curie", "einstein", "kept"]);
  await one.transport.terminateSession();
  await expect.poll(names, { timeout: 20_000 }).toEqual(["curie", "kept"]);
  await expect(one.call("computer_list")).rejects.toThrow();
  expect((await other.call("exec", exec)).texts.join("")).toContain("here");
});

test("Ctrl-C and the like end all sessions, and what they made", async () => {
  const { call } = await connect();
  await call("computer_create", { name: "einstein", template: "scratch" });
  server.kill("SIGTERM");
  await once(server, "exit");
  expect(await names()).toEqual([]);
});

test("a caller is who its key says", async () => {
  const { key } = await vitrine.keys.create({ name: "team" });
  const mine = await connect(key);
  await mine.call("computer_create", { name: "einstein", template: "scratch" });
  expect((await new Vitrine({ url: service.url, apiKey: key }).computers.list()).data).toHaveLength(1);
  const id = String(mine.transport.sessionId);
  expect(await bare({ "Mcp-Session-Id": id })).toBe(404);
  expect(await bare({ "Mcp-Session-Id": id }, { method: "DELETE" })).toBe(404);
  expect(await names()).toEqual(["einstein"]);
});

test("what does not belong here is refused", async () => {
  expect(await bare()).toBe(200);
  expect(await bare({ Authorization: "Bearer wrong" })).toBe(401);
  expect(await bare({ Authorization: "" })).toBe(401);
  expect(await bare({ Host: "evil.example" })).toBe(403);
  expect(await bare({ Origin: "https://evil.example" })).toBe(403);
  expect(await bare({ "Mcp-Session-Id": "none" })).toBe(404);
  expect(await bare({}, { path: "/" })).toBe(404);
  expect(await bare({}, { method: "GET" })).toBe(400);
});

test("a client that falls silent is taken for gone", async () => {
  const over = new AbortController();
  const complain = (message: string) => {
    complaints += message;
  };
  const options = { port: 0, version: "0", idleMs: 300, complain, signal: over.signal };
  const quick = await serveOnHttp({ ...options, vitrineOf: (apiKey) => new Vitrine({ url: service.url, apiKey }) });
  try {
    const { client, call } = await connect(service.apiKey, new URL(quick.url));
    await call("computer_create", { name: "einstein", template: "scratch" });
    await client.close();
    await expect.poll(names, { timeout: 20_000 }).toEqual([]);
  } finally {
    over.abort();
    await quick.closed;
  }
});

test("a port that is taken is said", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const second = begin("--http", String((taken.address() as { port: number }).port));
  let said = "";
  second.stderr!.on("data", (chunk) => {
    said += chunk;
  });
  const [code] = await once(second, "exit");
  taken.close();
  expect([code, said]).toEqual([1, expect.stringMatching(/cannot be listened at \(EADDRINUSE\); give another one/)]);
});
