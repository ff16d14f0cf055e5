import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { CDP_PORT, RFB_PORT } from "../../src/contract/guest/protocol.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { startMcp } from "../support/mcp.ts";
import { startService, type TestService } from "../support/service.ts";
import { startXvnc, type TestXvnc } from "../unit/display/xvnc.ts";
import { startChromium, type TestChromium } from "../unit/relay/chromium.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const PAGE = `<!doctype html><title>Order</title><h1>Order a horse</h1><label>Name <input id=name></label>
<button onclick="said.textContent = 'Ordered ' + document.getElementById('name').value">Order</button><p id=said></p>`;

const dir = mkdtempSync(join(tmpdir(), "vt-"));
const pages = createServer((_, response) => response.setHeader("Content-Type", "text/html").end(PAGE));
let xvnc: TestXvnc;
let chromium: TestChromium;
let service: TestService;
let mcp: Awaited<ReturnType<typeof startMcp>>;
beforeAll(async () => {
  await new Promise<void>((resolve) => pages.listen(0, "127.0.0.1", resolve));
  xvnc = await startXvnc();
  chromium = await startChromium();
  service = await startService(dir, fakeFleet({ [RFB_PORT]: xvnc.port, [CDP_PORT]: chromium.port }, chromium.wsPath));
  mcp = await startMcp(service);
});
afterAll(async () => {
  await mcp?.client.close();
  await service?.close();
  await chromium?.kill();
  await xvnc?.kill();
  pages.closeAllConnections();
  pages.close();
  rmSync(dir, { recursive: true });
});

test("a page is opened, read, filled in and clicked by the refs that reading gave", async () => {
  const { call } = mcp;
  await mcp.create();
  const url = `http://127.0.0.1:${(pages.address() as AddressInfo).port}/`;
  const opened = await call("browser_navigate", { url });
  expect(opened).toMatchObject({ isError: false, text: expect.stringContaining(url) });
  expect(opened.texts.at(-1)).toMatch(/^Tabs: .*"Order"/s);

  const page = (await call("browser_read_page", { filter: "interactive" })).text;
  const [, field] = /textbox.*Name.*?(ref_\d+)/.exec(page) ?? [];
  const [, button] = /button.*Order.*?(ref_\d+)/.exec(page) ?? [];
  expect(await call("browser_fill", { ref: field, value: "Šemík" })).toMatchObject({ isError: false });
  expect(await call("browser_click", { ref: button })).toMatchObject({ isError: false, text: "Clicked." });
  expect((await call("browser_page_text")).text).toContain("Ordered Šemík");
  expect((await call("browser_evaluate", { script: "document.title" })).text).toContain("Order");
  expect((await call("browser_find", { query: "Order" })).text).toContain(button);

  await call("browser_click", { ref: field, click: "double" });
  await call("browser_type", { text: "Bucephalus" });
  await call("browser_key", { keys: "Tab" });
  await call("browser_key", { keys: "Enter" });
  expect((await call("browser_page_text")).text).toContain("Ordered Bucephalus");
});

test("tabs are opened, told apart and closed; what the page refuses is an answer", async () => {
  const { call } = mcp;
  const tabs = async (name: string, input?: object) => JSON.parse((await call(name, input)).text.replace("Tabs: ", ""));
  const before = await tabs("browser_tabs");
  const after = await tabs("browser_new_tab");
  expect(after).toHaveLength(before.length + 1);
  const { tab_id } = after.find(({ active }: { active: boolean }) => active);
  expect(await tabs("browser_close_tab", { tab_id })).toEqual([expect.objectContaining({ title: "Order" })]);
  expect(await call("browser_click", { ref: "ref_9999" })).toMatchObject({ isError: true, text: expect.stringContaining("ref_9999") });
  expect(await call("browser_navigate", { url: "http://127.0.0.1:1/" })).toMatchObject({ isError: true });
});
