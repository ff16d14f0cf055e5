import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium as chromiumOf } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { createWebSocketStream, WebSocket } from "ws";
import { type Computer, ConnectionError, type Event, Vitrine } from "../../src/client/index.ts";
import { EVENTS } from "../../src/contract/events.ts";
import { CDP_PORT, RFB_PORT } from "../../src/contract/guest/protocol.ts";
import { RfbClient } from "../../src/server/display/rfb-client.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { startService, type TestService } from "../support/service.ts";
import { startXvnc, type TestXvnc } from "../unit/display/xvnc.ts";
import { startChromium, type TestChromium } from "../unit/relay/chromium.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
/** For what comes by itself. */
const soon = { timeout: 30_000 };

let xvnc: TestXvnc;
let service: TestService;
let vitrine: Vitrine;
let computer: Computer;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
let chromium: TestChromium;
const fleet = () => fakeFleet({ [RFB_PORT]: xvnc.port, [CDP_PORT]: chromium.port }, chromium.wsPath);
beforeAll(async () => {
  chromium = await startChromium();
  xvnc = await startXvnc({ width: 320, height: 240 });
  service = await startService(dir, fleet());
  vitrine = new Vitrine(service);
  computer = await vitrine.computers.create({ name: "ada" });
});
afterAll(async () => {
  for await (const one of vitrine.computers.all()) await one.delete();
  await service?.close();
  await xvnc?.kill();
  await chromium?.kill();
  rmSync(dir, { recursive: true });
});

const path = (id: string) => `/v1/computers/${id}/events`;
const kept = async (id: string): Promise<Event[]> => (await service.call("GET", `${path(id)}?limit=1000`)).body.data;
const short = ({ type, data }: Event) => (type === "computer.status" ? data.status : `${type} ${data.action}`);
/** What happens from now on. */
const latest = async (): Promise<number> => (await vitrine.listEvents({ limit: 1000 })).data.at(-1)?.id ?? 0;
const since = async (after: number): Promise<Event[]> => (await computer.listEvents({ after })).data.filter(({ type }) => type !== "audit");

/** The text of a stream of events, until `until` is in it. */
const read = async (url: string, headers: Record<string, string>, until: string): Promise<string> => {
  const abort = new AbortController();
  const response = await fetch(service.url + url, {
    signal: abort.signal,
    headers: { Accept: "text/event-stream", Authorization: `Bearer ${service.apiKey}`, ...headers },
  });
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes(until)) break;
  }
  abort.abort();
  return text;
};
const idsIn = (text: string): number[] => [...text.matchAll(/^id: (\d+)\nevent:/gm)].map(([, id]) => Number(id));

test("the life of a computer in its order, with who asked; it stays when the computer is deleted", async () => {
  const { id } = await vitrine.computers.create({ name: "brief" });
  const stopped = await vitrine.computers.get("brief");
  await stopped.stop();
  await stopped.start();
  await stopped.delete();
  await stopped.delete();
  const events = await kept(id);
  expect(events.map(short)).toEqual([
    "creating",
    "running",
    "audit createComputer",
    "audit stopComputer",
    "stopping",
    "restorable",
    "audit startComputer",
    "restoring",
    "running",
    "audit deleteComputer",
    "deleting",
    "deleted",
    "audit deleteComputer",
  ]);
  expect(events[0]).toEqual({
    id: expect.any(Number),
    at: expect.stringMatching(/^\d{4}-.*Z$/),
    type: "computer.status",
    computer_id: id,
    actor: null,
    data: { status: "creating", previous: null, name: "brief", template: "browser" },
  });
  expect(events.filter(({ type }) => type === "audit").map(({ actor }) => actor)).toEqual(Array(5).fill("operator"));
  expect(events[1]?.data).toEqual({ status: "running", previous: "creating", start_kind: "booted", ready_ms: expect.any(Number) });
  expect(events.map((event) => event.id)).toEqual(events.map((event) => event.id).sort((a, b) => a - b));
  // The name is free again, the id is not.
  expect((await service.call("GET", path("brief"))).body.error.code).toBe("computer_not_found");
});

test("a computer in error and one that could not be made say why", async () => {
  service.fleet.failBoot = new Error("no room in the socket");
  const refused = await vitrine.computers.create({ name: "stillborn" }).catch((error) => error);
  service.fleet.failBoot = null;
  expect(refused.code).toBe("machine_failed");
  const { data } = await vitrine.listEvents({ types: ["computer.status"], limit: 1000 });
  const deleting = data.filter(({ data }) => data.status === "deleting").at(-1);
  expect(deleting?.data).toMatchObject({ previous: "creating", reason: expect.stringContaining("machine_failed: ") });
});

test("what is done to a computer, without what may be a secret", async () => {
  const after = await latest();
  await computer.exec("echo hunter2; exit 3", { env: { TOKEN: "hunter2" }, stdin: "hunter2" });
  await computer.exec(["/bin/true", "hunter2"]);
  for await (const _ of computer.execStream("TOKEN=hunter2 true"));
  const { pid } = await computer.processes.start({ argv: ["sleep", "60"] });
  await computer.processes.signal(pid, "KILL");
  const file = join(dir, "note.txt");
  await computer.files.write(file, "hunter2");
  await computer.files.move(file, `${file}.moved`);
  await computer.files.delete(`${file}.moved`);
  await computer.files.delete(file).catch(() => {});
  await computer.act([
    { type: "click", x: 1, y: 2 },
    { type: "type", text: "hunter2" },
    { type: "wait", ms: 0 },
  ]);
  await computer.takeControl({ holder: "person", name: "Eva" });
  await computer.releaseControl();
  const events = await since(after);
  expect(events.map(({ type, data }) => [type, data])).toEqual([
    ["exec", { program: "echo", user: "ohm", exit_code: 3, signal: null, timed_out: false, duration_ms: expect.any(Number) }],
    ["exec", { program: "true", user: "ohm", exit_code: 0, signal: null, timed_out: false, duration_ms: expect.any(Number) }],
    ["exec", { program: "bash", user: "ohm", exit_code: 0, signal: null, timed_out: false, duration_ms: expect.any(Number) }],
    ["process.started", { pid, program: "sleep", user: "ohm" }],
    ["process.signalled", { pid, signal: "KILL" }],
    ["file.written", { path: file, size_bytes: 7 }],
    ["file.moved", { from: file, to: `${file}.moved` }],
    ["file.deleted", { path: `${file}.moved` }],
    ["action", { action: "click", title: "Click at 1, 2", ok: true, picture_id: expect.stringMatching(/^pic_/) }],
    ["action", { action: "type", title: "Type 7 characters", ok: true, picture_id: expect.stringMatching(/^pic_/) }],
    ["action", { action: "wait", ok: true }],
    ["control.taken", { holder: "person", name: "Eva" }],
    ["control.released", {}],
  ]);
  for (const { type, actor } of events) expect([type, actor]).toEqual([type, type.startsWith("control.") ? null : "operator"]);
  expect(JSON.stringify(events)).not.toContain("hunter2");
});

test("who watches, who is connected to the browser, and what is recorded", async () => {
  const after = await latest();
  const view = new URL(computer.live_view_only_url!);
  const display = new WebSocket(`ws://${view.host}/v1/computers/${computer.id}/display${view.search}`);
  const client = await RfbClient.connect(createWebSocketStream(display), new AbortController().signal);
  const left = once(display, "close");
  display.close();
  await left;
  client.close();
  const cdp = new WebSocket(computer.cdp_ws_url!);
  await once(cdp, "open");
  const disconnected = once(cdp, "close");
  cdp.close();
  await disconnected;
  const recording = await computer.recorder.start();
  await computer.recorder.stop(recording.id);
  const seen = async () => (await since(after)).map(({ type, data }) => [type, data]);
  await expect.poll(seen, soon).toEqual([
    ["viewer.joined", { power: "view", viewers: 1 }],
    ["viewer.left", { power: "view", viewers: 0 }],
    ["cdp.connected", {}],
    ["cdp.disconnected", {}],
    ["recording.started", { recording_id: recording.id, automatic: false }],
    [
      "recording.ended",
      {
        recording_id: recording.id,
        status: "ready",
        end_reason: "stopped",
        duration_s: expect.any(Number),
        dropped_frames: expect.any(Number),
        size_bytes: expect.any(Number),
      },
    ],
  ]);
  const [joined, gone, connected] = await since(after);
  expect(joined?.actor).toMatch(/^lnk_/);
  expect(gone?.actor).toBe(joined?.actor);
  expect(connected?.actor).toMatch(/^lnk_/);
  expect(connected?.actor).not.toBe(joined?.actor);
});

test("what the browser does: where it goes, what goes wrong in its pages, what it downloads; no query and no user of an address", async () => {
  const pages = createServer((request, response) => {
    if (request.url?.startsWith("/file")) response.setHeader("Content-Disposition", "attachment; filename=note.txt").end("hello");
    else if (request.url?.startsWith("/icon")) response.end();
    else
      response
        .setHeader("Content-Type", "text/html")
        .end("<link rel=icon href=/icon><title>Shop</title><script>\nconsole.warn('careful');\nfoo.bar;</script>");
  });
  await once(pages.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    pages.closeAllConnections();
    pages.close();
  });
  const base = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
  const after = await latest();
  const browser = await chromiumOf.connectOverCDP(computer.cdp_url!);
  const page = browser.contexts()[0]!.pages()[0]!;
  const said: string[] = [];
  page.on("console", (message) => said.push(message.text()));
  await page.goto(`${base}/shop?token=hunter2`);
  // The file would lie on this host; and what a client wants done with downloads is done.
  await (await browser.newBrowserCDPSession()).send("Browser.setDownloadBehavior", { behavior: "deny" });
  await page.evaluate("location.href = '/file?token=hunter2'");
  const types = ["page.navigated", "page.console", "download.started", "download.finished"] as const;
  const seen = async () => (await computer.listEvents({ after, types: [...types] })).data.map(({ type, data }) => [type, data]);
  await expect.poll(async () => (await seen()).length, soon).toBe(5);
  const url = `${base}/shop`;
  const note = { name: "note.txt", url: `${base}/file` };
  expect(await seen()).toEqual([
    ["page.navigated", { url, title: "Shop" }],
    ["page.console", { level: "warning", text: "careful", url, line: 2 }],
    ["page.console", { level: "error", text: "Uncaught ReferenceError: foo is not defined", url, line: 3 }],
    ["download.started", note],
    ["download.finished", { ...note, size_bytes: expect.any(Number), status: "canceled" }],
  ]);
  // The client sees what it sees alone.
  expect(said).toEqual(["careful"]);
  await browser.close();
});

test("lists in pages, after an id, and by type", async () => {
  const all = await kept("ada");
  const paged: Event[] = [];
  let next: string | null = "0";
  while (next !== null) {
    const { status, body } = await service.call("GET", `${path("ada")}?limit=3&after=${next}`);
    expect(status).toBe(200);
    expect(body.data.length).toBeLessThanOrEqual(3);
    paged.push(...body.data);
    next = body.next_cursor;
  }
  expect(paged).toEqual(all);
  const { data: typed } = await computer.listEvents({ types: ["exec", "action"] });
  expect(typed).toEqual(all.filter(({ type }) => type === "exec" || type === "action"));
  expect((await service.call("GET", "/v1/events?after=latest")).body).toEqual({ data: [], next_cursor: null });
  expect(new Set((await vitrine.listEvents({ limit: 1000 })).data.map(({ computer_id }) => computer_id)).size).toBeGreaterThan(1);
  expect(all.every(({ type }) => Object.hasOwn(EVENTS, type))).toBe(true);
});

test.each([
  ["after=-1", "query.after"],
  ["after=x", "query.after"],
  ["after=1&after=2", "query.after"],
  ["limit=0", "query.limit"],
  ["limit=1001", "query.limit"],
  ["type=nonsense", "query.type"],
  ["type=", "query.type"],
  ["since=1", "since"],
])("%s is refused", async (query, where) => {
  for (const at of ["/v1/events", path("ada")]) {
    const { status, body } = await service.call("GET", `${at}?${query}`);
    expect([status, body.error.code]).toEqual([400, "invalid_request"]);
    expect(body.error.message).toContain(where);
  }
});

test("an unknown computer, a wrong Last-Event-ID and a missing key are refused before a stream begins", async () => {
  for (const accept of ["application/json", "text/event-stream"]) {
    const headers = { Accept: accept };
    for (const id of ["nobody", "cmp_aaaaaaaaaaaa", "NO%20NAME"])
      expect(await service.call("GET", path(id), undefined, { headers })).toMatchObject({
        status: 404,
        body: { error: { code: "computer_not_found" } },
      });
    expect((await service.call("GET", "/v1/events", undefined, { headers: { ...headers, Authorization: "Bearer x" } })).status).toBe(401);
  }
  const headers = { Accept: "text/event-stream", "Last-Event-ID": "x" };
  expect((await service.call("GET", "/v1/events", undefined, { headers })).body.error.message).toContain("Last-Event-ID");
});

test("a stream begins with what is kept; Last-Event-ID counts more than the query, and goes on without a gap", async () => {
  const all = await kept("ada");
  const ids = all.map(({ id }) => id);
  const text = await read(path("ada"), {}, `id: ${ids.at(-1)}\n`);
  expect(text.startsWith("id: 0\n\n")).toBe(true);
  expect(idsIn(text)).toEqual(ids);
  expect(text).toContain(`id: ${ids[0]}\nevent: computer.status\ndata: ${JSON.stringify(all[0])}\n\n`);
  expect(idsIn(await read(`${path("ada")}?after=0`, { "Last-Event-ID": String(ids[2]) }, `id: ${ids.at(-1)}\n`))).toEqual(ids.slice(3));
  const marked = await read("/v1/events?after=latest", {}, "\n\n");
  expect(marked).toBe(`id: ${await latest()}\n\n`);
});

test("events come as they happen, over a restart of the service, each once", async () => {
  const start = await latest();
  const abort = new AbortController();
  const seen: Event[] = [];
  const collect = (after: number) =>
    (async () => {
      for await (const event of vitrine.events({ after, types: ["exec"], signal: abort.signal })) seen.push(event);
    })();
  const first = collect(start);
  await computer.exec(["true"]);
  await computer.exec(["true"]);
  await expect.poll(() => seen.length, soon).toBe(2);
  const ended = first.catch((error) => error);
  await service.close();
  expect(await ended).toBeInstanceOf(ConnectionError);
  service = await startService(dir, fleet());
  vitrine = new Vitrine(service);
  // Its machine does not outlive a fake fleet.
  computer = await (await vitrine.computers.get(computer.id)).start();
  await computer.exec(["true"]);
  const second = collect(seen.at(-1)!.id);
  await computer.exec(["true"]);
  await expect.poll(() => seen.length, soon).toBe(4);
  abort.abort();
  await expect(second).rejects.toThrow("aborted");
  expect(seen).toEqual((await computer.listEvents({ after: start, types: ["exec"] })).data);
  expect(new Set(seen.map(({ id }) => id)).size).toBe(4);
});

test("a stream ends when its computer is deleted, after its last event; so does one of a computer that is gone", async () => {
  const mortal = await vitrine.computers.create();
  const seen: Event[] = [];
  const following = (async () => {
    for await (const event of mortal.events({ types: ["computer.status"] })) seen.push(event);
  })();
  await expect.poll(() => seen.length, soon).toBe(2);
  await mortal.delete();
  await following;
  expect(seen.map(short)).toEqual(["creating", "running", "deleting", "deleted"]);
  const again: Event[] = [];
  for await (const event of vitrine.events({ computer: mortal.id, types: ["computer.status"] })) again.push(event);
  expect(again).toEqual(seen);
});

test("followers that have left, by a break too, are let go of; many follow at once", async () => {
  const after = await latest();
  const follow = async () => {
    for await (const event of computer.events({ after, types: ["exec"] })) return event;
    return null;
  };
  const many = Array.from({ length: 20 }, follow);
  await computer.exec("true");
  const [one] = await since(after);
  expect(await Promise.all(many)).toEqual(Array.from({ length: 20 }, () => one));
});

test("the configured number of events is kept of each computer, from before the service came too", async () => {
  const before = await kept("ada");
  await service.close();
  service = await startService(dir, fleet(), { config: { events: { retentionS: 3600, perComputer: 5 } } });
  vitrine = new Vitrine(service);
  const now = await kept(computer.id);
  // Those five, and what the start itself did.
  expect(now.slice(0, 5)).toEqual(before.slice(-5));
  expect(now.slice(5).map(({ type }) => type)).toEqual(["computer.status"]);
});
