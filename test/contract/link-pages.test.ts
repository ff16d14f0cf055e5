import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { WebSocketServer } from "ws";
import { type Computer, Vitrine } from "../../src/client/index.ts";
import { RFB_PORT } from "../../src/contract/guest/protocol.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { startService, type TestService } from "../support/service.ts";
import { startFakeVnc } from "../unit/display/fake-vnc.ts";

// A machine that is busy with other things takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let service: TestService;
let computer: Computer;
let vnc: Awaited<ReturnType<typeof startFakeVnc>>;
let browser: Browser;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
beforeAll(async () => {
  vnc = await startFakeVnc();
  service = await startService(dir, fakeFleet({ [RFB_PORT]: vnc.port }));
  computer = await new Vitrine(service).computers.create({ name: "ada" });
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
});
afterAll(async () => {
  await browser?.close();
  await computer?.delete();
  await service?.close();
  vnc?.close();
  rmSync(dir, { recursive: true });
});

const visitor = async () => (await browser.newContext()).newPage();
const state = (page: Awaited<ReturnType<typeof visitor>>, name: string) =>
  page.waitForSelector(`body[data-state="${name}"]`, { timeout: 20_000 });

test("a developer's page in the guest: root-relative files, fetch, events, WebSocket, and a service it cannot call", async () => {
  const referers: (string | undefined)[] = [];
  const app = createServer((request, response) => {
    referers.push(request.headers.referer);
    if (request.url === "/main.js") return void response.setHeader("Content-Type", "text/javascript").end("window.loaded = true");
    if (request.url === "/events") {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      return void response.write("data: hot\n\n");
    }
    if (request.url === "/api") return void request.pipe(response);
    response.setHeader("Content-Type", "text/html").end('<script src="/main.js"></script>');
  });
  const sockets = new WebSocketServer({ server: app });
  sockets.on("connection", (ws) => ws.on("message", (data) => ws.send(`echo ${data}`)));
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  const { port } = app.address() as { port: number };

  const { url, link_url } = await computer.ports.publish(port);
  const page = await visitor();
  expect((await page.goto(url))!.status()).toBe(401);
  expect(await page.textContent("body")).toContain("This link is wrong, expired, revoked");
  await page.goto(link_url!);
  expect(page.url()).toBe(url);
  const own = service.url.replace("127.0.0.1", "localhost");
  const seen = await page.evaluate(`(async () => {
    const post = await fetch("/api", { method: "POST", body: "hello" });
    const event = await new Promise((resolve) => {
      new EventSource("/events").onmessage = ({ data }) => resolve(data);
    });
    const echo = await new Promise((resolve) => {
      const ws = new WebSocket("ws://" + location.host + "/hmr?token=vite");
      ws.onopen = () => ws.send("hi");
      ws.onmessage = ({ data }) => resolve(data);
    });
    const asked = await fetch("${own}/v1/computers", { headers: { Authorization: "Bearer x" } }).catch(() => "refused");
    const blind = await fetch("${own}/healthz", { mode: "no-cors", method: "POST" }).then(({ type }) => type);
    return { loaded: window.loaded, post: await post.text(), event, echo, asked, blind, cookie: document.cookie };
  })()`);
  expect(seen).toEqual({ loaded: true, post: "hello", event: "hot", echo: "echo hi", asked: "refused", blind: "opaque", cookie: "" });
  expect(service.logged.filter((line) => line.includes('"path":"/healthz"')).at(-1)).toContain('"status":403');
  expect(referers.filter((referer) => referer !== undefined && referer !== url)).toEqual([]);
  await page.context().close();
  await computer.ports.unpublish(port);
  sockets.close();
  app.closeAllConnections();
  app.close();
});

test("a one-time live link in a browser: the page takes the token out of its URL, survives a reload, and is nobody else's", async () => {
  const link = await computer.links.create("control", { one_time: true, ttl_s: 600 });
  const page = await visitor();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.headers().referer ?? ""));
  await page.goto(link.url);
  await state(page, "connected");
  const bare = link.url.split("?")[0]!;
  expect(page.url()).toBe(bare);
  await page.click("#control-button");
  await expect.poll(() => page.textContent("#driver")).toBe("you drive");
  await page.reload();
  await state(page, "connected");
  expect(asked.filter((referer) => referer !== "")).toEqual([]);

  const second = await visitor();
  for (const url of [link.url, bare]) {
    await second.goto(url);
    await state(second, "expired");
  }
  await computer.links.revoke(link.link_id);
  await state(page, "expired");
  for (const one of [page, second]) await one.context().close();
});

test("a live page says that its link ends, counts down, and then that it has ended", async () => {
  const link = await computer.links.create("view", { ttl_s: 8 });
  const page = await visitor();
  await page.goto(link.url);
  await state(page, "connected");
  const shown = new Set<string>();
  await expect
    .poll(
      async () => {
        shown.add((await page.textContent("#link-ending")) ?? "");
        return [...shown].filter((text) => /^this link ends in \d s$/.test(text)).length;
      },
      { timeout: 20_000 },
    )
    .toBeGreaterThan(1);
  await state(page, "expired");
  expect(await page.isVisible("#link-ending")).toBe(false);
  await page.context().close();
});
