import { once } from "node:events";
import CDP from "chrome-remote-interface";
import { chromium as playwright } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { Computer } from "../../../src/client/index.ts";
import { httpTransport } from "../../../src/client/transport.ts";
import type { ErrorBody } from "../../../src/contract/errors.ts";
import { computer } from "../client/service.ts";
import { startChromium, type TestChromium } from "./chromium.ts";
import { HostGuest } from "./host-guest.ts";
import { type RelayServer, startRelayServer, TOKEN } from "./relay-server.ts";

// A machine that is busy with other things takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let chromium: TestChromium;
let server: RelayServer;
const guest = new HostGuest();

beforeAll(async () => {
  chromium = await startChromium();
  guest.ready(chromium);
  server = await startRelayServer(guest, { waitMs: 20_000 });
}, 30_000);
afterAll(async () => {
  await server?.close();
  await chromium?.kill();
});

interface Target {
  id: string;
  webSocketDebuggerUrl: string;
}
const json = async <T>(path: string, method = "GET"): Promise<T> => (await (await fetch(`${server.base}${path}`, { method })).json()) as T;
const page = (html: string) => `data:text/html,${encodeURIComponent(html)}`;

test("Playwright connects over HTTP and drives a page", async () => {
  const browser = await playwright.connectOverCDP(`${server.base}?token=${TOKEN}`);
  const tab = await browser.contexts()[0]!.newPage();
  await tab.goto(page("<title>hello</title><input id=a>"));
  await tab.fill("#a", "žluťoučký");
  expect(await tab.title()).toBe("hello");
  expect(await tab.inputValue("#a")).toBe("žluťoučký");
  await tab.close();
  await browser.close();
});

test("Playwright connects to the WebSocket form", async () => {
  const browser = await playwright.connectOverCDP(`${server.wsBase}?token=${TOKEN}`);
  expect(browser.contexts()).toHaveLength(1);
  await browser.close();
});

test("puppeteer-core connects and drives a page", async () => {
  const record = computer({ cdp_ws_url: `${server.wsBase}?token=${TOKEN}` });
  const browser = await new Computer(
    httpTransport(new URL("http://127.0.0.1"), () => undefined),
    record,
  ).connectPuppeteer();
  const tab = await browser.newPage();
  await tab.goto(page("<title>pup</title>"));
  expect(await tab.title()).toBe("pup");
  await tab.close();
  await browser.disconnect();
});

test("chrome-remote-interface lists, makes, drives and closes a target", async () => {
  const listed = await json<Target[]>(`/json/list?token=${TOKEN}`);
  expect(listed.length).toBeGreaterThan(0);
  const made = await json<Target>(`/json/new?token=${TOKEN}&${page("<title>cri</title>")}`, "PUT");
  expect(made.webSocketDebuggerUrl).toBe(`${server.wsBase}/devtools/page/${made.id}?token=${TOKEN}`);
  // Its alterPath is put to the WebSocket's path too, which has the prefix already.
  const alterPath = (path: string) => (path.startsWith("/c/cdp") ? path : `/c/cdp${path}?token=${TOKEN}`);
  const [host, port] = server.origin.split(":");
  const client = await CDP({ host, port: Number(port), alterPath, target: made.id });
  const { result } = await client.Runtime.evaluate({ expression: "6*7" });
  expect(result.value).toBe(42);
  await client.close();
  const closed = await fetch(`${server.base}/json/close/${made.id}?token=${TOKEN}`);
  expect([closed.status, await closed.text()]).toEqual([200, "Target is closing"]);
});

test("discovery answers carry public URLs only", async () => {
  for (const path of ["/json/version", "/json/version/", "/json", "/json/list", "/json/list/", "/json/protocol", "/json/protocol/"]) {
    const answer = await fetch(`${server.base}${path}?token=${TOKEN}`);
    const text = await answer.text();
    expect([path, answer.status]).toEqual([path, 200]);
    expect(text).not.toContain('devtoolsFrontendUrl"');
    expect(text).not.toContain("ws://localhost");
  }
  const version = await json<Target>(`/json/version/?token=${TOKEN}`);
  expect(version.webSocketDebuggerUrl).toBe(`${server.wsBase}?token=${TOKEN}`);
});

test.each([
  ["GET", "/json/", 404, "route_not_found"],
  ["GET", "/json/nothing", 404, "route_not_found"],
  ["GET", "/", 404, "route_not_found"],
  ["GET", "/json/toString", 404, "route_not_found"],
  ["GET", "/json/new", 405, "method_not_allowed"],
  ["POST", "/json/version", 405, "method_not_allowed"],
  ["GET", "/json/activate/none", 404, "target_not_found"],
  ["GET", "/json/close/none", 404, "target_not_found"],
  ["GET", "/json/close/a%2fb", 404, "target_not_found"],
])("%s %s is %d %s", async (method, path, status, code) => {
  const answer = await fetch(`${server.base}${path}?token=${TOKEN}`, { method });
  expect([answer.status, ((await answer.json()) as ErrorBody).error.code]).toEqual([status, code]);
});

const evaluate = async (socket: WebSocket, id: number, expression: string) => {
  socket.send(JSON.stringify({ id, method: "Runtime.evaluate", params: { expression, returnByValue: true } }));
  const [data] = await once(socket, "message");
  return JSON.parse(data.toString()).result.result.value;
};

const openPage = async (): Promise<WebSocket> => {
  const [first] = await json<Target[]>(`/json/list?token=${TOKEN}`);
  const socket = new WebSocket(first!.webSocketDebuggerUrl, { origin: "http://elsewhere.example", maxPayload: 2 ** 28 });
  await once(socket, "open");
  return socket;
};

test("64 MiB come and 16 MB go in one message", async () => {
  const socket = await openPage();
  expect(socket.extensions).toBe("");
  expect((await evaluate(socket, 1, "'x'.repeat(2**26)")).length).toBe(2 ** 26);
  expect(await evaluate(socket, 2, `'${"y".repeat(16e6)}'.length`)).toBe(16e6);
  socket.close();
  await once(socket, "close");
}, 60_000);

test("an unknown target is 404 before the upgrade", async () => {
  const socket = new WebSocket(`${server.wsBase}/devtools/page/nothere?token=${TOKEN}`);
  const [, response] = await once(socket, "unexpected-response");
  const chunks = await response.toArray();
  expect([response.statusCode, JSON.parse(Buffer.concat(chunks).toString()).error.code]).toEqual([404, "target_not_found"]);
});

test("the same URL works again when Chromium is relaunched", async () => {
  const url = `${server.base}?token=${TOKEN}`;
  const first = await playwright.connectOverCDP(url);
  const gone = new Promise((resolve) => first.once("disconnected", resolve));
  await chromium.kill();
  await gone;
  // The guest has not said yet that its Chromium is gone; the client is back already, and waits for the next one.
  const again = playwright.connectOverCDP(url);
  const raw = new WebSocket(`${server.wsBase}?token=${TOKEN}`);
  guest.setBrowser({ status: "starting" });
  chromium = await startChromium();
  guest.ready(chromium);
  const second = await again;
  const tab = await second.contexts()[0]!.newPage();
  expect(await tab.evaluate("1+1")).toBe(2);
  await second.close();
  if (raw.readyState !== WebSocket.OPEN) await once(raw, "open");
  raw.close();
}, 30_000);
