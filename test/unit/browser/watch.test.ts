import { readdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { connectCdp } from "../../../src/server/browser/cdp.ts";
import type { ConsoleMessage } from "../../../src/server/browser/console.ts";
import { followBrowser } from "../../../src/server/browser/follow.ts";
import { browserVerbs } from "../../../src/server/browser/verbs.ts";
import { type BrowserWatch, watchBrowser } from "../../../src/server/browser/watch.ts";
import { tempDir } from "../../support/temp.ts";
import { startChromium, type TestChromium } from "../relay/chromium.ts";
import { HostGuest } from "../relay/host-guest.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const never = new AbortController().signal;
const soon = { timeout: 20_000 };
let chromium: TestChromium;
let pages: Server;
let base: string;
const guest = new HostGuest();
const verbs = browserVerbs(guest);

const PAGES: Record<string, string> = {
  "/says": `<title>Says</title><script>
    console.log("quiet"); console.info("quiet"); console.debug("quiet");
    console.warn("careful", 1, {secret: "hunter2"});
    console.error("no http://ada:hunter2@a.example/b?token=hunter2#hunter2 " + "x".repeat(5000));
  </script>`,
  "/misses": "<img src='/gone?token=hunter2'>",
  "/throws": `<title>Throws</title><script>
    setTimeout(() => { throw new TypeError("nobody caught this"); });
    Promise.reject("nor this");
  </script>`,
  "/floods": `<title>Floods</title><script>setInterval(() => { for (let i = 0; i < 100; i++) console.error("line " + Math.random()); }, 10);</script>`,
  "/notices": `<title>Notices</title><script>
    window.noticed = 0;
    Error.prepareStackTrace = () => { noticed++; return ""; };
    console.error(new Error("looked into"));
    console.error(Object.defineProperty({}, "name", { get() { noticed++; return "x"; }, enumerable: true }));
    setTimeout(() => { throw new Error("thrown"); });
    setTimeout(() => history.pushState(null, "", "/noticed-" + noticed), 500);
  </script>`,
};

beforeAll(async () => {
  pages = createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0] as string;
    if (path.startsWith("/file")) return void response.setHeader("Content-Disposition", "attachment; filename=note.txt").end("hello");
    if (path.startsWith("/endless")) {
      response.setHeader("Content-Disposition", "attachment; filename=endless.bin");
      response.setHeader("Content-Type", "application/octet-stream");
      return void response.write("begun ".repeat(1000));
    }
    if (path === "/gone") return void response.writeHead(404).end();
    response.setHeader("Content-Type", "text/html");
    response.end(`<link rel=icon href="data:,">${PAGES[path] ?? `<title>Page ${path.slice(1)}</title>`}`);
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

let watch: BrowserWatch;
let addresses: string[];
let told: unknown[];
let messages: ConsoleMessage[];
const failures: unknown[] = [];
const go = (path: string) => verbs.navigate(base + path, never);

/** It tells from when it is connected on. */
const watched = async () => {
  await expect
    .poll(async () => {
      await go(`/probe-${Math.random()}`);
      return told.length;
    }, soon)
    .toBeGreaterThan(0);
  await go("/begin");
  await expect.poll(() => told, soon).toContainEqual({ url: `${base}/begin`, title: "Page begin" });
  addresses = [];
  told = [];
  messages = [];
};

const begin = (untouched = false): BrowserWatch => {
  const begun = watchBrowser(guest, untouched, (error) => failures.push(error));
  begun.news
    .on("address", (address) => addresses.push(address))
    .on("page", (page) => told.push(page))
    .on("message", (message) => messages.push(message))
    .on("downloadStarted", (download) => told.push({ started: download }))
    .on("downloadFinished", (download) => told.push({ finished: download }));
  return begun;
};

beforeEach(async () => {
  addresses = [];
  told = [];
  messages = [];
  watch = begin();
  await watched();
});
afterEach(() => {
  watch.close();
  expect(failures).toEqual([]);
});

test("each page that a tab goes to is told, without what may be secret, also in a Chromium that comes later; then no more", async () => {
  await go("/one?token=secret#part");
  await go("/two");
  await verbs.newTab(`${base}/four`, never);
  await verbs.reload(never);
  await expect.poll(() => told, soon).toContainEqual({ url: `${base}/four`, title: "Page four" });
  await go("/search?q=horses");
  const paths = ["/one", "/two", "/four", "/search"];
  await expect.poll(() => addresses, soon).toEqual(paths.map((path) => base + path));
  await expect.poll(() => told, soon).toHaveLength(4);
  expect(JSON.stringify(told)).not.toMatch(/secret|horses|part/);

  await chromium.kill();
  guest.setBrowser({ status: "starting" });
  chromium = await startChromium();
  guest.ready(chromium);
  told = [];
  await watched();
  watch.close();
  addresses = [];
  await go("/unseen");
  await go("/unseen-too");
  expect(addresses).toEqual([]);
});

test("errors and warnings of the console are told in a line, of what was logged no object's inside and no secret of an address", async () => {
  await go("/says?token=hunter2");
  await expect.poll(() => messages, soon).toHaveLength(2);
  expect(messages[0]).toEqual({ level: "warning", text: "careful 1 [object Object]", url: `${base}/says`, line: 3 });
  expect(messages[1]).toMatchObject({ level: "error", text: expect.stringMatching(/^no http:\/\/a\.example\/b x{400,}$/) });
  expect(messages[1]?.text.length).toBeLessThanOrEqual(500);
  await go("/misses");
  await expect.poll(() => messages, soon).toHaveLength(3);
  expect(messages[2]).toMatchObject({ level: "error", text: expect.stringContaining("404"), url: `${base}/gone` });
  expect(JSON.stringify(messages)).not.toContain("hunter2");
});

test("exceptions that nobody caught are told while somebody has Runtime on anyway; otherwise no page can notice that it is listened to", async () => {
  await go("/notices");
  await expect.poll(() => addresses, soon).toEqual([`${base}/notices`, `${base}/noticed-0`]);
  expect(messages.map(({ text }) => text)).toEqual(["Error: looked into", "[object Object]"]);
  const leave = watch.hearExceptions();
  messages = [];
  await go("/throws");
  await expect
    .poll(() => messages.map(({ text }) => text), soon)
    .toEqual(["Uncaught TypeError: nobody caught this", "Uncaught (in promise) nor this"]);
  expect(messages[0]).toMatchObject({ level: "error", url: `${base}/throws`, line: 2 });
  leave();
  leave();
  messages = [];
  await go("/throws?again");
  await go("/says");
  await expect.poll(() => messages.length, soon).toBe(2);
  expect(messages.map(({ text }) => text.slice(0, 7))).toEqual(["careful", "no http"]);
});

test("a page that says too much is not listened to any more for a while; where it goes is still told", async () => {
  await go("/floods");
  await expect.poll(() => messages.at(-1)?.text, soon).toContain("nobody listens");
  const heard = messages.length;
  expect(heard).toBeLessThanOrEqual(1001);
  await go("/says");
  await expect.poll(() => told, soon).toContainEqual({ url: `${base}/says`, title: "Says" });
  expect(messages.length).toBe(heard);
});

test("downloads are told when they begin and when they end, and how they are done stays as others set it", async () => {
  const folder = tempDir();
  const client = await connectCdp(guest, never);
  onTestFinished(() => client.close());
  await client.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder });
  // Another watch comes later than the client.
  watch.close();
  watch = begin();
  told = [];
  await watched();
  await go("/file?token=secret");
  await expect.poll(() => told, soon).toHaveLength(2);
  const note = { name: "note.txt", url: `${base}/file` };
  expect(told).toEqual([{ started: note }, { finished: { ...note, size_bytes: 5, status: "completed" } }]);
  expect(readdirSync(folder)).toEqual(["note.txt"]);
  await go("/endless");
  await expect.poll(() => told, soon).toHaveLength(3);
  pages.closeAllConnections();
  await expect.poll(() => told.at(-1), soon).toMatchObject({ finished: { name: expect.stringContaining("endless"), status: "canceled" } });
});

test("of a browser that had no client yet downloads are told, too, and a client that is let in when the watch has begun says how they are done", async () => {
  watch.close();
  watch = begin(true);
  await watch.begun;
  const folder = tempDir();
  const client = await connectCdp(guest, never);
  onTestFinished(() => client.close());
  await client.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder });
  await go("/file");
  const note = { name: "note.txt", url: `${base}/file` };
  await expect.poll(() => told, soon).toEqual([{ started: note }, { finished: { ...note, size_bytes: 5, status: "completed" } }]);
  expect(readdirSync(folder)).toEqual(["note.txt"]);
});

test("a page that is ordered is gone to, and where the Chromium ended before, by the next one", async () => {
  await watch.open(`${base}/ordered`);
  await expect.poll(() => addresses, soon).toEqual([`${base}/ordered`]);
  await chromium.kill();
  guest.setBrowser({ status: "starting" });
  await watch.open(`${base}/later`);
  chromium = await startChromium();
  guest.ready(chromium);
  await expect.poll(() => addresses, soon).toEqual([`${base}/ordered`, `${base}/later`]);
});

test("a guest that says again and again that its Chromium is a new one does not keep the service busy", async () => {
  let failures = 0;
  const fail = async () => {
    throw new Error("of no use");
  };
  const { first, close } = followBrowser(guest, fail, () => {
    failures++;
    guest.ready(chromium);
  });
  await expect(first).rejects.toThrow("of no use");
  await expect.poll(() => failures, soon).toBeGreaterThan(1);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  close();
  // The pauses are 50, 100, 200, 400, 800 ms.
  expect(failures).toBeLessThan(10);
});
