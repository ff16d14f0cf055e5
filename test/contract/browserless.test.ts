import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium as playwright } from "playwright-core";
import puppeteer from "puppeteer-core";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { CDP_PORT } from "../../src/contract/guest/protocol.ts";
import { openDatabase } from "../../src/server/store/database.ts";
import { ephemeralStore } from "../../src/server/store/ephemeral.ts";
import { type FakeFleet, fakeFleet } from "../support/fake-machine.ts";
import { startService, type TestService } from "../support/service.ts";
import { startChromium, type TestChromium } from "../unit/relay/chromium.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const dir = mkdtempSync(join(tmpdir(), "vt-"));
let chromium: TestChromium;
let fleet: FakeFleet;
let service: TestService;
const start = async () => {
  fleet = fakeFleet({ [CDP_PORT]: chromium.port }, chromium.wsPath);
  service = await startService(dir, fleet);
};
beforeAll(async () => {
  chromium = await startChromium();
  await start();
});
afterAll(async () => {
  await service?.close();
  await chromium?.kill();
  rmSync(dir, { recursive: true });
});

const endpoint = (query: Record<string, string> = {}, path = "/"): string =>
  `${service.url.replace("http", "ws")}${path}?${new URLSearchParams({ token: service.apiKey, ...query })}`;
const open = async (url: string, headers: Record<string, string> = {}): Promise<WebSocket> => {
  const socket = new WebSocket(url, { perMessageDeflate: false, headers });
  await once(socket, "open");
  return socket;
};
/** What an upgrade is refused with. */
const refusal = async (url: string, headers: Record<string, string> = {}) => {
  const socket = new WebSocket(url, { headers });
  socket.on("error", () => {});
  const [, response] = await once(socket, "unexpected-response");
  let body = "";
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, ...JSON.parse(body).error };
};
// biome-ignore lint/suspicious/noExplicitAny: the API's own JSON.
const computers = async (): Promise<any[]> => (await service.call("GET", "/v1/computers")).body.data;
const nothingLeft = async () => {
  await expect.poll(computers, { timeout: 30_000 }).toEqual([]);
  expect(fleet.agents()).toEqual([]);
  expect(readdirSync(join(dir, "computers"))).toEqual([]);
};
beforeEach(nothingLeft);

test("puppeteer has a computer for itself, which is gone when it leaves", async () => {
  const browser = await puppeteer.connect({ browserWSEndpoint: endpoint({ trackingId: "order-7", "--window-size": "1024,768" }) });
  const page = await browser.newPage();
  await page.goto("data:text/html,<title>hello</title>");
  expect(await page.title()).toBe("hello");
  expect(await computers()).toMatchObject([
    { status: "running", browser: { mode: "live", viewport: { width: 1024, height: 768 } }, metadata: { tracking_id: "order-7" } },
  ]);
  await page.close();
  await browser.disconnect();
  await nothingLeft();
  const actions = (await service.call("GET", "/v1/events")).body.data.filter(({ type }: { type: string }) => type === "audit");
  expect(actions.map(({ data }: { data: { action: string } }) => data.action)).toEqual(expect.arrayContaining(["createComputer", "cdp"]));
});

test.each(["/", "/chromium", "/chrome"])("Playwright connects at %s, by the WebSocket and by HTTP", async (path) => {
  for (const url of [endpoint({}, path), endpoint({}, path).replace("ws:", "http:")]) {
    const browser = await playwright.connectOverCDP(url);
    const page = await browser.contexts()[0]!.newPage();
    expect(await page.evaluate("6 * 7")).toBe(42);
    await page.close();
    await browser.close();
    await nothingLeft();
  }
});

test("what is not allowed makes nothing", async () => {
  const before = fleet.booted.length;
  const bare = endpoint().split("?")[0]!;
  expect(await refusal(bare)).toMatchObject({ status: 401, code: "unauthorized" });
  expect(await refusal(`${bare}?token=wrong`)).toMatchObject({ status: 401, code: "unauthorized" });
  expect(await refusal(endpoint(), { Origin: "https://evil.example" })).toMatchObject({ status: 403, code: "origin_forbidden" });
  expect(await refusal(endpoint(), { Host: "evil.example" })).toMatchObject({ status: 403, code: "host_forbidden" });
  expect(await refusal(endpoint({ stealth: "true" }))).toMatchObject({ status: 400, code: "unsupported_option" });
  expect(await refusal(endpoint({ computer: '{"template":"scratch"}' }))).toMatchObject({ status: 409, code: "no_browser" });
  expect(await refusal(endpoint({}, "/chromium/playwright"))).toMatchObject({ status: 400, code: "unsupported_option" });
  expect(await refusal(endpoint({}, "/webkit"))).toMatchObject({ status: 404, code: "route_not_found" });
  expect(fleet.booted).toHaveLength(before);
  expect(service.logged.join("")).not.toContain(service.apiKey);
});

test("a header may bring the key, too", async () => {
  const socket = await open(endpoint().split("?")[0]!, { Authorization: `Bearer ${service.apiKey}` });
  socket.close();
});

test("a computer that cannot be made is an HTTP error, and gone", async () => {
  fleet.failBoot = new Error("no more of them");
  onTestFinished(() => {
    fleet.failBoot = null;
  });
  expect(await refusal(endpoint())).toMatchObject({ status: 500, code: "machine_failed" });
});

test("a client that goes while its computer is made leaves none", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  fleet.gate = promise;
  onTestFinished(() => {
    fleet.gate = null;
    resolve();
  });
  const before = fleet.booted.length;
  const socket = new WebSocket(endpoint());
  socket.on("error", () => {});
  await expect.poll(() => fleet.booted.length).toBe(before + 1);
  socket.terminate();
  await nothingLeft();
});

test("a client that is killed leaves none", async () => {
  const code = `new WebSocket(process.env.URL).onopen = () => console.log("open"); setInterval(() => {}, 1000);`;
  const client = spawn(process.execPath, ["-e", code], { env: { ...process.env, URL: endpoint() }, stdio: ["ignore", "pipe", "inherit"] });
  await once(client.stdout, "data");
  expect(await computers()).toHaveLength(1);
  client.kill("SIGKILL");
  await nothingLeft();
});

test("the timeout ends the session", async () => {
  const [code] = await once(await open(endpoint({ timeout: "1000" })), "close");
  expect(code).toBe(1001);
});

test("a computer that is deleted or stopped by another ends the session", async () => {
  for (const [method, rest] of [
    ["DELETE", ""],
    ["POST", "/stop"],
  ] as const) {
    const socket = await open(endpoint());
    const closed = once(socket, "close");
    await service.call(method, `/v1/computers/${(await computers())[0].id}${rest}`, method === "POST" ? {} : undefined);
    await closed;
    await nothingLeft();
  }
});

test("a key sees its own, and its end is that of its sessions", async () => {
  const { key, id } = (await service.call("POST", "/v1/keys", { name: "ci", max_computers: 1 })).body;
  const url = endpoint({ token: key });
  const socket = await open(url);
  expect(await refusal(url)).toMatchObject({ status: 403, code: "quota_exceeded" });
  const closed = once(socket, "close");
  await service.call("DELETE", `/v1/keys/${id}`);
  await closed;
  await nothingLeft();
  expect(await refusal(url)).toMatchObject({ status: 401 });
});

test("pressure says whether another session fits", async () => {
  const socket = await open(endpoint());
  const { body } = await service.call("GET", "/pressure");
  expect(body.pressure).toMatchObject({ isAvailable: true, running: 1, reason: "", queued: 0 });
  expect((await fetch(`${service.url}/pressure`)).status).toBe(401);
  expect((await fetch(`${service.url}/json/version`)).status).toBe(401);
  socket.close();
});

test("a service that ends takes its sessions with it, those that are being made, too", async () => {
  const socket = await open(endpoint());
  const closed = once(socket, "close");
  const { promise, resolve } = Promise.withResolvers<void>();
  fleet.gate = promise;
  const refused = refusal(endpoint());
  await expect.poll(computers).toHaveLength(2);
  await service.close();
  resolve();
  await closed;
  expect(await refused).toMatchObject({ status: 503, code: "service_stopping" });
  expect(fleet.agents()).toEqual([]);
  expect(readdirSync(join(dir, "computers"))).toEqual([]);
  await start();
});

test("what a service left that died is deleted by the next one", async () => {
  const { id } = (await service.call("POST", "/v1/computers", {})).body;
  await service.close();
  const db = openDatabase(join(dir, "vitrine.db"));
  ephemeralStore(db).add(id);
  db.close();
  await start();
  await nothingLeft();
});
