import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { WebSocketServer } from "ws";
import { browserVerbs } from "../../../src/server/browser/verbs.ts";
import { startChromium, type TestChromium } from "../relay/chromium.ts";
import { HostGuest } from "../relay/host-guest.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const never = new AbortController().signal;
let chromium: TestChromium;
let pages: Server;
let base: string;
const guest = new HostGuest();
const verbs = browserVerbs(guest);

beforeAll(async () => {
  pages = createServer((request, response) => {
    if (request.url === "/hangs") return;
    if (request.url === "/file") response.setHeader("Content-Disposition", "attachment");
    response.setHeader("Content-Type", "text/html");
    response.end(`<title>${request.url}</title>${request.url === "/slow-picture" ? "<img src=/hangs>" : ""}`);
  });
  await new Promise<void>((resolve) => pages.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(pages.address() as { port: number }).port}`;
  chromium = await startChromium();
  guest.ready(chromium);
});
afterAll(async () => {
  await chromium?.kill();
  pages.closeAllConnections();
  pages.close();
});

test("goes to pages, back and forward, and knows when there is nowhere to go", async () => {
  expect(await verbs.navigate(`${base}/one`, never)).toBe(`${base}/one`);
  expect(await verbs.navigate(`${base}/two`, never)).toBe(`${base}/two`);
  expect(await verbs.navigate(`${base}/two#part`, never)).toBe(`${base}/two#part`);
  expect(await verbs.back(never)).toBe(`${base}/two`);
  expect(await verbs.back(never)).toBe(`${base}/one`);
  expect(await verbs.forward(never)).toBe(`${base}/two`);
  expect(await verbs.forward(never)).toBe(`${base}/two#part`);
  await expect(verbs.forward(never)).rejects.toMatchObject({ code: "no_history" });
  expect(await verbs.reload(never)).toBe(`${base}/two#part`);
  const [tab] = await verbs.tabs(never);
  expect(tab).toMatchObject({ title: "/two", url: `${base}/two#part`, active: true });
});

test("what cannot be opened is said in Chromium's words; a download is no failure", async () => {
  await expect(verbs.navigate("http://127.0.0.1:1/", never)).rejects.toMatchObject({
    code: "navigation_failed",
    message: expect.stringContaining("ERR_"),
  });
  await verbs.navigate(`${base}/one`, never);
  expect(await verbs.navigate(`${base}/file`, never)).toBe(`${base}/one`);
});

test("opens, switches and closes tabs, and keeps Chromium from ending with its last one", async () => {
  await verbs.navigate(`${base}/one`, never);
  const [first] = await verbs.tabs(never);
  const two = await verbs.newTab(`${base}/two`, never);
  expect(two.map(({ title, active }) => [title, active]).sort()).toEqual([
    ["/one", expect.any(Boolean)],
    ["/two", expect.any(Boolean)],
  ]);
  expect(two.filter(({ active }) => active).length).toBe(1);
  await verbs.switchTab(first!.tab_id, never);
  const second = two.find(({ title }) => title === "/two")!;
  expect((await verbs.closeTab(second.tab_id, never)).map(({ tab_id }) => tab_id)).toEqual([first!.tab_id]);
  await expect(verbs.switchTab(second.tab_id, never)).rejects.toMatchObject({ code: "target_not_found" });
  await expect(verbs.closeTab("nonsense", never)).rejects.toMatchObject({ code: "target_not_found" });
  const left = await verbs.closeTab(first!.tab_id, never);
  expect(left).toMatchObject([{ url: "about:blank", active: true }]);
});

test("a caller that goes away ends the wait for a page that does not load", async () => {
  const abort = new AbortController();
  const going = verbs.navigate(`${base}/slow-picture`, abort.signal);
  setTimeout(() => abort.abort(new Error("gone")), 300);
  await expect(going).rejects.toThrow("gone");
  expect(await verbs.navigate(`${base}/one`, never)).toBe(`${base}/one`);
});

test("no connection is left open", async () => {
  await verbs.tabs(never);
  await expect.poll(() => guest.streams.filter((stream) => !stream.destroyed).length).toBe(0);
});

test.each<[string, (send: (text: string) => void, close: () => void, id: number) => void]>([
  ["hangs up", (_send, close) => close()],
  ["answers no JSON", (send) => send("{")],
  [
    "answers null",
    (send, close) => {
      send("null");
      close();
    },
  ],
  [
    "answers with lists for objects",
    (send, close, id) => {
      send(JSON.stringify({ id, result: [1, 2] }));
      setTimeout(close, 20);
    },
  ],
  ["answers more than is kept", (send) => send(" ".repeat(9 * 1024 * 1024))],
  ["refuses every command", (send, _close, id) => send(JSON.stringify({ id, error: { message: "no".repeat(10_000) } }))],
])("a Chromium that %s is unavailable", async (_what, behave) => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data) =>
      behave(
        (text) => socket.send(text),
        () => socket.terminate(),
        JSON.parse(String(data)).id,
      ),
    );
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const other = new HostGuest();
  other.ready({ port: (server.address() as { port: number }).port, wsPath: "/devtools/browser/x" });
  const failure = await browserVerbs(other)
    .navigate("http://x/", never)
    .catch((error) => error);
  expect(failure).toMatchObject({ code: "browser_unavailable" });
  expect(failure.message.length).toBeLessThan(700);
  server.close();
});
