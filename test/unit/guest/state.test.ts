import { once } from "node:events";
import { appendFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcp } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { GuestState } from "../../../src/contract/guest/protocol.ts";
import { soon, startAgent, type TestAgent } from "./agent.ts";

const PATH_1 = "/devtools/browser/11111111-aaaa";
const PATH_2 = "/devtools/browser/22222222-bbbb";

let agent: TestAgent | undefined;
let chromium: Server | undefined;
afterEach(async () => {
  stopChromium();
  await agent?.stop();
});

/** What stands in for Chromium: its DevTools port and nothing more. */
const startChromium = async (port: number, path: string) => {
  chromium = createServer((request, response) => {
    expect(request.url).toBe("/json/version");
    response.end(JSON.stringify({ Browser: "Chrome/1", webSocketDebuggerUrl: `ws://127.0.0.1:${port}${path}` }));
  });
  chromium.keepAliveTimeout = 0;
  chromium.headersTimeout = 0;
  chromium.requestTimeout = 0;
  chromium.listen(port, "127.0.0.1");
  await once(chromium, "listening");
};
const stopChromium = () => {
  chromium?.closeAllConnections();
  chromium?.close();
};
const freePort = async () => {
  const server = createTcp().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
};
const begin = async (mode: string) => {
  const port = await freePort();
  agent = await startAgent({ env: { VITRINE_AGENT_CDP_PORT: String(port) } });
  const put = (name: string, text: string) => {
    writeFileSync(join(agent!.run, `${name}.new`), text);
    renameSync(join(agent!.run, `${name}.new`), join(agent!.run, name));
  };
  put("ports", "");
  put("session.env", `VITRINE_HOSTNAME='x'\nVITRINE_BROWSER='${mode}'\n`);
  const seen = (test: (state: GuestState) => boolean) => agent!.guest.waitFor(test, soon(10_000));
  return { port, put, seen, run: agent.run, guest: agent.guest };
};

test("a guest without a browser says so", async () => {
  const { seen, guest } = await begin("none");
  expect(guest.state).toBe(null);
  expect(await seen((s) => s.browser.status === "none")).toEqual({
    display: false,
    window: false,
    manager_starts: 0,
    browser: { status: "none", starts: 0 },
  });
  expect(guest.state).toEqual({ display: false, window: false, manager_starts: 0, browser: { status: "none", starts: 0 } });
});

test("the display's marker comes and goes", async () => {
  const { put, seen, run } = await begin("live");
  await seen((s) => !s.display);
  put("display", "");
  await seen((s) => s.display);
  rmSync(join(run, "display"));
  await seen((s) => !s.display);
});

test("Chromium is followed through start, death, new start and failure", async () => {
  const { port, put, seen, run } = await begin("headless");
  await seen((s) => s.browser.status === "starting");
  put("chromium.log", "noise\n");
  put("chromium.starts", "1\n");
  await seen((s) => s.browser.starts === 1);
  await startChromium(port, PATH_1);
  appendFileSync(join(run, "chromium.log"), `more\nDevTools listening on ws://127.0.0.1:${port}${PATH_1}\n`);
  expect((await seen((s) => s.browser.status === "ready")).browser).toEqual({ status: "ready", starts: 1, ws_path: PATH_1 });

  stopChromium();
  await seen((s) => s.browser.status === "starting");
  put("chromium.log", "");
  put("chromium.starts", "2");
  await startChromium(port, PATH_2);
  appendFileSync(join(run, "chromium.log"), `DevTools listening on ws://127.0.0.1:${port}${PATH_2}\n`);
  expect((await seen((s) => s.browser.status === "ready")).browser).toEqual({ status: "ready", starts: 2, ws_path: PATH_2 });

  stopChromium();
  put("chromium.failed", "it crashed too often\n");
  expect((await seen((s) => s.browser.status === "failed")).browser).toEqual({
    status: "failed",
    starts: 2,
    reason: "it crashed too often",
  });
});

test("a Chromium whose log says nothing is found all the same", async () => {
  const { port, put, seen } = await begin("live");
  put("chromium.starts", "1");
  await startChromium(port, PATH_1);
  expect((await seen((s) => s.browser.status === "ready")).browser.ws_path).toBe(PATH_1);
});

test("each change is told once, also over a new link", async () => {
  const { put, seen, guest } = await begin("live");
  const displays: boolean[] = [];
  const leave = guest.onState((state) => displays.push(state.display));
  await seen((s) => s.browser.status === "starting");
  put("display", "");
  await seen((s) => s.display);
  await agent!.kill();
  rmSync(join(agent!.run, "display"));
  await agent!.start();
  await seen((s) => !s.display);
  leave();
  expect(displays.filter((d, i) => d !== displays[i - 1])).toEqual([false, true, false]);
});
