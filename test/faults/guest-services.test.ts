import { once } from "node:events";
import { beforeAll, expect } from "vitest";
import { WebSocket } from "ws";
import type { Computer } from "../../src/client/index.ts";
import type { EventType } from "../../src/contract/events.ts";
import { fault } from "./fault.ts";
import { startedService } from "./started-service.ts";

const service = await startedService();
let computer: Computer;
beforeAll(async () => {
  computer = await service.vitrine.computers.create();
});

const root = (command: string) => computer.exec(command, { user: "root", timeout_s: 120 });
const next = async (type: EventType) => (await computer.events({ after: "latest", types: [type], timeoutMs: 300_000 }).next()).value?.data;
const ask = async <T>(what: string): Promise<T> => (await fetch(computer.cdp_url!.replace("/cdp?", `/cdp/json/${what}?`))).json() as T;
/** The browser's URL, and the id that Chromium itself has given to its first page. */
const seen = async () => {
  const { webSocketDebuggerUrl: url } = await ask<{ webSocketDebuggerUrl: string }>("version");
  const [page] = await ask<{ id: string }[]>("list");
  return { url, page: page?.id };
};
/** A WebSocket that is open, and the code that it is closed with. */
const open = async (url: string, protocol?: string) => {
  const socket = new WebSocket(url, protocol);
  const closed = once(socket, "close").then(([code]) => Number(code));
  await once(socket, "open");
  return { closed, close: () => socket.close() };
};
const displayUrl = () => computer.live_url!.replace("http", "ws").replace("/live/", "/v1/computers/").replace("?", "/display?");

const F7 = {
  id: "F7",
  what: "kill -9 of Chromium",
  expected: "an event; the CDP socket is closed with a code; the same URL leads to the next Chromium, which has another id",
};
fault(F7, async () => {
  const before = await seen();
  const socket = await open(computer.cdp_ws_url!);
  const crashed = next("browser.crashed");
  await root("pkill -KILL -o chromium");
  const code = await socket.closed;
  expect(code).toBe(1001);
  expect(await crashed).toHaveProperty("starts");
  // On a busy host it takes longer to come than a request is kept waiting for it.
  await expect.poll(() => seen().catch(() => null), { timeout: 240_000 }).toMatchObject({ url: before.url, page: expect.any(String) });
  const after = await seen();
  expect(after.page).not.toBe(before.page);
  await expect.poll(async () => (await computer.refresh()).browser?.status, { timeout: 240_000 }).toBe("ready");
  const browser = await computer.connectPlaywright({ timeout: 120_000 });
  expect(await browser.contexts()[0]!.pages()[0]!.evaluate("40 + 2")).toBe(42);
  await browser.close();
  expect((await computer.refresh()).status).toBe("running");
  return `closed with ${code}; another id behind the same URL`;
});

const F8 = {
  id: "F8",
  what: "kill -9 of the X server",
  expected: "an event; the live view ends with a code; exec works; X and Chromium come back",
};
fault(F8, async () => {
  const view = await open(displayUrl(), "binary");
  await computer.screenshot();
  const crashed = next("display.crashed");
  await root("pkill -KILL Xtigervnc");
  const code = await view.closed;
  expect(code).toBe(1001);
  await crashed;
  expect((await computer.exec("echo works", { timeout_s: 120 })).stdout).toBe("works\n");
  await expect.poll(() => computer.screenshot().then(() => "seen", String), { timeout: 120_000 }).toBe("seen");
  await expect.poll(async () => (await computer.refresh()).browser?.status, { timeout: 240_000 }).toBe("ready");
  const again = await open(displayUrl(), "binary");
  again.close();
  await again.closed;
  return `live view closed with ${code}; exec worked; X and Chromium were back`;
});

const F8B = {
  id: "F8b",
  what: "kill -9 of the window manager",
  expected: "an event; Chromium goes on; the window manager comes back",
};
fault(F8B, async () => {
  const before = await seen();
  const crashed = next("window_manager.crashed");
  await root("pkill -KILL openbox");
  await crashed;
  expect(await seen()).toEqual(before);
  expect((await root("pgrep -c openbox")).stdout).toBe("1\n");
  expect((await computer.listEvents({ types: ["browser.crashed"] })).data.length, "those of F7 and F8").toBeLessThan(4);
  return "told; the same Chromium and page; openbox runs again";
});

const F9 = {
  id: "F9",
  what: "kill -9 of the guest agent",
  expected: "a command under way fails once and is not repeated; the agent is back within seconds; an event",
};
fault(F9, async () => {
  const waiting = computer.exec("echo run >> /home/ohm/runs; sleep 300", { timeout_s: 300 });
  const failed = expect(waiting).rejects.toMatchObject({ code: "guest_link_lost", status: 503 });
  await computer.exec("until [ -e runs ]; do sleep 0.1; done", { timeout_s: 60 });
  const restarted = next("agent.restarted");
  await root("pkill -KILL -f /opt/vitrine/agent").catch(() => {});
  const began = performance.now();
  await failed;
  expect((await computer.exec("cat runs", { timeout_s: 120 })).stdout).toBe("run\n");
  const ms = Math.round(performance.now() - began);
  await restarted;
  expect((await computer.refresh()).status).toBe("running");
  return `guest_link_lost once; the next command was answered after ${ms} ms`;
});

const F5 = {
  id: "F5b",
  what: "kill -9 of QEMU under a CDP client, a viewer and a screenshot",
  expected: "both are closed with a code; new ones are told the state",
};
fault(F5, async () => {
  const cdp = await open(computer.cdp_ws_url!);
  const view = await open(displayUrl(), "binary");
  process.kill(service.machine(computer.id), "SIGKILL");
  const codes = await Promise.all([cdp.closed, view.closed]);
  expect(codes).toEqual([1001, 1001]);
  await expect.poll(async () => (await computer.refresh()).status).toBe("error");
  const refused = await fetch(computer.cdp_url!.replace("/cdp?", "/cdp/json/version?"));
  expect(await refused.json()).toMatchObject({ error: { code: "wrong_state", details: { status: "error" } } });
  await expect(computer.screenshot()).rejects.toMatchObject({ code: "wrong_state" });
  await computer.delete();
  return `closed with ${codes.join(" and ")}; then 409 wrong_state`;
});

const LOOP = {
  id: "F7b",
  what: "Chromium crashes again and again",
  expected: "given up after five in half a minute; then error with its reason, and no spin",
};
fault(LOOP, async () => {
  computer = await service.vitrine.computers.create();
  const ended = next("computer.status");
  // Whatever is started dies at once, as with a profile or a library that Chromium cannot take.
  await root(
    "mv /usr/lib/chromium/chromium /usr/lib/chromium/whole && printf '#!/bin/sh\\necho it cannot start\\nexit 1\\n' > /usr/lib/chromium/chromium && chmod 755 /usr/lib/chromium/chromium; pkill -KILL chromium",
  );
  expect(await ended).toMatchObject({
    status: "error",
    previous: "running",
    reason: expect.stringMatching(/browser_failed.*it cannot start/s),
  });
  const crashes = (await computer.listEvents({ types: ["browser.crashed"] })).data;
  expect(crashes.length).toBeLessThan(12);
  await expect(computer.exec("true")).rejects.toMatchObject({ code: "wrong_state", details: { status: "error" } });
  expect((await computer.refresh()).last_error).toMatchObject({ code: "browser_failed" });
  await expect.poll(() => service.machine(computer.id)).toBeNaN();
  await computer.delete();
  expect(service.directories()).not.toContain(computer.id);
  return `error browser_failed with its last words after ${crashes.length} crash events; no process left`;
});
