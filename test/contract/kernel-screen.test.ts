import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Kernel from "@onkernel/sdk";
import { type Browser, chromium, type Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { CDP_PORT, RFB_PORT } from "../../src/contract/guest/protocol.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { startService, type TestService } from "../support/service.ts";
import { type Desktop, startDesktopWithChromium } from "../unit/actions/desktop.ts";
import { probe } from "../unit/recordings/video.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const PAGE = `<!doctype html><style>body{margin:0;height:5000px}textarea{width:600px;height:200px}</style>
<textarea id=text autofocus></textarea><script>said = []; for (const type of ["mousedown", "mouseup", "click", "dblclick", "contextmenu", "wheel"])
addEventListener(type, (e) => said.push([type, e.button, e.shiftKey, e.detail].join(" ")))</script>`;

const dir = mkdtempSync(join(tmpdir(), "vt-"));
const pages = createServer((_, response) => response.setHeader("Content-Type", "text/html").end(PAGE));
let desktop: Desktop;
let service: TestService;
let kernel: Kernel;
let browser: Browser;
let page: Page;
let id: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => pages.listen(0, "127.0.0.1", resolve));
  desktop = await startDesktopWithChromium(`http://127.0.0.1:${(pages.address() as AddressInfo).port}/`);
  service = await startService(dir, fakeFleet({ [RFB_PORT]: desktop.rfbPort, [CDP_PORT]: desktop.port }, desktop.wsPath));
  kernel = new Kernel({ baseURL: service.url, apiKey: service.apiKey });
  const { session_id, cdp_ws_url } = await kernel.browsers.create({ viewport: { width: 1024, height: 768 }, timeout_seconds: 600 });
  id = session_id;
  browser = await chromium.connectOverCDP(cdp_ws_url);
  page = browser
    .contexts()[0]!
    .pages()
    .find((one) => one.url().startsWith("http"))!;
});
afterAll(async () => {
  await browser?.close();
  if (id) await kernel.browsers.deleteByID(id);
  await service?.close();
  await desktop?.end();
  pages.closeAllConnections();
  pages.close();
  rmSync(dir, { recursive: true });
});

/** Where the page begins on the screen. */
const origin = async () => {
  const [x, y] = await page.evaluate<[number, number]>("[screenX, screenY + outerHeight - innerHeight]");
  return { x, y };
};
const on = async (x: number, y: number) => {
  const page = await origin();
  return { x: page.x + x, y: page.y + y };
};
/** What the page heard since it was asked last. */
const heard = () => page.evaluate<string[]>("said.splice(0)");
const written = () => page.evaluate<string>("text.value");
const clear = () => page.evaluate("text.value = ''");
const hand = () => kernel.browsers.computer;

test("the mouse: moved, told of, clicked with each button, twice, with a key held, down and up", async () => {
  const at = await on(700, 300);
  await hand().moveMouse(id, at);
  expect(await hand().getMousePosition(id)).toEqual(at);
  await heard();
  await hand().clickMouse(id, at);
  await hand().clickMouse(id, { ...at, num_clicks: 2 });
  await hand().clickMouse(id, { ...at, hold_keys: ["Shift"] });
  await hand().clickMouse(id, { ...at, click_type: "down" });
  await hand().clickMouse(id, { ...at, click_type: "up" });
  const clicks = async () => (await heard()).filter((line) => /click|mouse(down|up)/.test(line));
  expect(await clicks()).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^click 0 false 1/),
      expect.stringMatching(/^dblclick 0 false 2/),
      expect.stringMatching(/^click 0 true/),
    ]),
  );
  await hand().clickMouse(id, { ...at, button: "middle" });
  expect(await clicks()).toContainEqual(expect.stringMatching(/^mousedown 1/));
});

test("the keyboard: text of any script, keys, combinations", async () => {
  await clear();
  await hand().clickMouse(id, await on(100, 100));
  await hand().typeText(id, { text: "Žluťoučký 漢字", delay: 5 });
  await hand().pressKey(id, { keys: ["Return", "a"] });
  await expect.poll(written).toBe("Žluťoučký 漢字\na");
  await hand().pressKey(id, { keys: ["Ctrl+a", "BackSpace"] });
  await expect.poll(written).toBe("");
});

test("the clipboard goes in and out", async () => {
  await clear();
  await hand().clickMouse(id, await on(100, 100));
  await hand().writeClipboard(id, { text: "pasted: ž" });
  await hand().pressKey(id, { keys: ["Ctrl+v"] });
  await expect.poll(written).toBe("pasted: ž");
  await hand().pressKey(id, { keys: ["Ctrl+a", "Ctrl+c"] });
  await expect.poll(async () => (await hand().readClipboard(id)).text).toBe("pasted: ž");
});

test("the wheel scrolls, a drag selects", async () => {
  await hand().scroll(id, { ...(await on(800, 400)), delta_y: 3 });
  await expect.poll(() => page.evaluate("scrollY")).toBeGreaterThan(0);
  await hand().scroll(id, { ...(await on(800, 400)), delta_y: -10 });
  await expect.poll(() => page.evaluate("scrollY")).toBe(0);
  await clear();
  await hand().clickMouse(id, await on(100, 100));
  await hand().typeText(id, { text: "one line of text" });
  const [from, to] = [await on(4, 10), await on(500, 10)];
  await hand().dragMouse(id, {
    path: [
      [from.x, from.y],
      [to.x, to.y],
    ],
    steps_per_segment: 4,
    step_delay_ms: 10,
  });
  await expect.poll(() => page.evaluate("String(getSelection())")).toBe("one line of text");
});

test("a batch goes on to its first failure, which is an error", async () => {
  await clear();
  const at = await on(100, 100);
  await hand().batch(id, {
    actions: [
      { type: "click_mouse", click_mouse: at },
      { type: "type_text", type_text: { text: "batched" } },
      { type: "sleep", sleep: { duration_ms: 10 } },
    ],
  });
  await expect.poll(written).toBe("batched");
  const outside = { type: "click_mouse" as const, click_mouse: { x: 5000, y: 5000 } };
  await expect(hand().batch(id, { actions: [outside] })).rejects.toMatchObject({ status: 400, error: { code: "invalid_request" } });
  await expect(hand().clickMouse(id, { x: 1, y: 1, button: "thumb" as "left" })).rejects.toMatchObject({ status: 400 });
  await expect(hand().setCursorVisibility(id, { hidden: true })).rejects.toMatchObject({
    status: 400,
    error: { message: expect.stringContaining("pointer") },
  });
});

test("while a person drives an action is refused, and a batch that is under way ends there", async () => {
  const control = `/v1/computers/${id}/control`;
  const at = await on(700, 300);
  const click = { type: "click_mouse" as const, click_mouse: at };
  await heard();
  const batch = hand().batch(id, { actions: [click, { type: "sleep", sleep: { duration_ms: 3000 } }, click] });
  const ended = expect(batch).rejects.toMatchObject({
    status: 423,
    error: { code: "controlled", message: expect.stringContaining("click_mouse (action 2)") },
  });
  await expect.poll(heard).toContainEqual(expect.stringMatching(/^click/));
  await service.call("POST", control, { holder: "person", name: "Ada" });
  await ended;
  await expect(hand().clickMouse(id, at)).rejects.toMatchObject({ status: 423, error: { code: "controlled" } });
  await service.call("DELETE", control);
});

test("screenshots: of the screen, and of a region", async () => {
  const whole = await hand().captureScreenshot(id);
  expect(whole.headers.get("content-type")).toBe("image/png");
  expect(await sharp(await whole.arrayBuffer()).metadata()).toMatchObject({ format: "png", width: 1024, height: 768 });
  const part = await hand().captureScreenshot(id, { region: { x: 10, y: 20, width: 300, height: 200 } });
  expect(await sharp(await part.arrayBuffer()).metadata()).toMatchObject({ width: 300, height: 200 });
  await expect(hand().captureScreenshot(id, { region: { x: -1, y: 0, width: 1, height: 1 } })).rejects.toMatchObject({ status: 400 });
});

test("replays: started, listed, stopped, downloaded, also after the browser is deleted", async () => {
  const { replays } = kernel.browsers;
  const begun = await replays.start(id, { framerate: 10, max_duration_in_seconds: 60 });
  expect(begun).toEqual({
    replay_id: expect.stringMatching(/^rec_/),
    started_at: expect.any(String),
    finished_at: null,
    replay_view_url: expect.stringContaining("/recordings/rec_"),
  });
  await expect(replays.download(begun.replay_id, { id })).rejects.toMatchObject({ status: 409, error: { code: "recording_not_ready" } });
  await hand().moveMouse(id, { x: 500, y: 500 });
  await replays.stop(begun.replay_id, { id });
  expect(await replays.list(id)).toEqual([{ ...begun, finished_at: expect.any(String) }]);
  await expect(replays.start(id, { record_audio: true })).rejects.toMatchObject({ error: { code: "unsupported_option" } });
  await expect(replays.download("rec_nothing", { id })).rejects.toMatchObject({ status: 404 });

  const download = async () => {
    const response = await replays.download(begun.replay_id, { id });
    expect(response.headers.get("content-type")).toBe("video/mp4");
    return Buffer.from(await response.arrayBuffer());
  };
  const file = join(dir, "replay.mp4");
  const video = await download();
  writeFileSync(file, video);
  expect(probe(file)).toMatchObject({ width: 1024, height: 768 });
  expect((await fetch(begun.replay_view_url!)).status).toBe(200);
  await browser.close();
  await kernel.browsers.deleteByID(id);
  expect(await download()).toEqual(video);
});
