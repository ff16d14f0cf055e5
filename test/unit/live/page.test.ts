import { mkdir } from "node:fs/promises";
import type { Socket } from "node:net";
import { join } from "node:path";
import { type Browser, type Page, chromium as playwright } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { startFakeVnc } from "../display/fake-vnc.ts";
import { XProgram } from "../display/x-client.ts";
import { startXvnc, type TestXvnc } from "../display/xvnc.ts";
import { HostGuest } from "../relay/host-guest.ts";
import { startLiveServer } from "./live-server.ts";

// A machine that is busy with other things takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let xvnc: TestXvnc;
let browser: Browser;
let page: Page;
let server: Awaited<ReturnType<typeof startLiveServer>>;
let complaints: string[];
const guest = new HostGuest();

beforeAll(async () => {
  xvnc = await startXvnc({ width: 640, height: 400 });
  guest.ports.set(5900, xvnc.port);
  browser = await playwright.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
}, 30_000);
afterAll(async () => {
  await browser?.close();
  await xvnc?.kill();
});
beforeEach(async () => {
  server = await startLiveServer(guest);
  page = await browser.newPage({ viewport: { width: 1000, height: 700 } });
  complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (/Content Security Policy|TypeError|ReferenceError/.test(message.text())) complaints.push(message.text());
  });
});
afterEach(async () => {
  await page.close();
  await server.close();
  expect(complaints).toEqual([]);
});

const eventually = <T>(value: () => T) => expect.poll(value, { timeout: 10_000 });
const state = (name: string) => page.waitForSelector(`body[data-state="${name}"]`, { timeout: 10_000 });
const shownText = (selector: string) => page.locator(selector).textContent();
/** For a person to look at, when VITRINE_TEST_PICTURES names a folder. */
const picture = async (name: string) => {
  const folder = process.env.VITRINE_TEST_PICTURES;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
};
/** Mean brightness of the canvas: the patterned root window is neither black nor white. */
const canvasMean = () =>
  page.evaluate<{ mean: number; width: number; height: number }>(`(() => {
    const canvas = document.querySelector("#screen canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0;
    for (let i = 0; i < data.length; i += 4) sum += data[i];
    return { mean: (4 * sum) / data.length, width: canvas.width, height: canvas.height };
  })()`);

test("shows the desktop, scaled, with the computer's name, and no token in its text", async () => {
  await page.goto(server.url);
  await state("connected");
  await eventually(canvasMean).toMatchObject({ width: 640, height: 400 });
  await eventually(async () => (await canvasMean()).mean).toBeGreaterThan(40);
  expect(await shownText("#name")).toBe("einstein");
  expect(await page.isVisible("#view-only")).toBe(false);
  expect(await page.isVisible("#overlay")).toBe(false);
  expect(await page.content()).not.toMatch(/\btok\b/);
  const box = (await page.locator("#screen canvas").boundingBox())!;
  expect(box.width).toBeGreaterThan(900);
  await picture("connected");
});

/** Bytes that reach the VNC server while `act` is done. */
const bytesSent = async (act: () => Promise<void>): Promise<number> => {
  const stream = guest.streams.at(-1)! as Socket;
  const start = stream.bytesWritten;
  await act();
  await new Promise((resolve) => setTimeout(resolve, 300));
  return stream.bytesWritten - start;
};

test("sends keys and pointer as a controller and none as a viewer", async () => {
  const act = async () => {
    await page.mouse.move(300, 300);
    await page.mouse.down();
    await page.mouse.up();
    await page.keyboard.type("hello");
  };
  await page.goto(server.url);
  await state("connected");
  // 10 key messages of 8 or 12 bytes, and some of the pointer's.
  expect(await bytesSent(act)).toBeGreaterThan(80);

  server.set({ power: "view" });
  await page.waitForSelector("#view-only:not([hidden])");
  server.dropDisplay();
  await state("disconnected");
  await state("connected");
  await bytesSent(async () => {});
  expect(await bytesSent(act)).toBeLessThan(80);
  expect(await page.isVisible("#clipboard-button")).toBe(false);
  await picture("view-only");
});

test("says who drives, keeps its hands off meanwhile, and takes and releases control", async () => {
  const act = () => page.keyboard.type("hello");
  const button = page.locator("#control-button");
  await page.goto(server.url);
  await state("connected");
  expect(await page.isVisible("#driver")).toBe(false);

  server.set({ control: { holder: "agent", name: "a-long-name-of-an-agent-that-says-much", mine: false } });
  await eventually(() => shownText("#driver")).toBe("a-long-name-of-an-agent-that-says-much drives");
  expect(await page.isVisible("#clipboard-button")).toBe(false);
  await bytesSent(async () => {});
  expect(await bytesSent(act)).toBe(0);
  await picture("agent-drives");
  await page.setViewportSize({ width: 360, height: 640 });
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
  const box = (await page.locator("#full-screen").boundingBox())!;
  expect(box.x + box.width).toBeLessThanOrEqual(360);
  await picture("agent-drives-phone");
  await page.setViewportSize({ width: 1000, height: 700 });

  await button.click();
  await eventually(() => shownText("#driver")).toBe("you drive");
  expect(await button.textContent()).toBe("Release");
  await page.focus("#screen");
  expect(await bytesSent(act)).toBeGreaterThan(0);
  await button.click();
  await eventually(() => page.isVisible("#driver")).toBe(false);

  server.set({ power: "view", control: { holder: "person", name: "Ada", mine: false } });
  await eventually(() => shownText("#driver")).toBe("Ada drives");
  expect(await button.isVisible()).toBe(false);
});

test("says what became of the computer and connects again by itself", async () => {
  await page.goto(server.url);
  await state("connected");
  server.dropDisplay();
  await state("disconnected");
  await state("connected");

  server.set({ status: "stopped" });
  await state("stopped");
  expect(await shownText("#overlay")).toContain("The computer is stopped");
  await picture("stopped");
  server.set({ status: "starting" });
  await state("connecting");
  server.set({ status: "running" });
  await state("connected");

  server.set({ status: "deleted" });
  await state("deleted");
  expect(await shownText("#overlay")).toContain("deleted");
});

test("says that the link has expired, at once and later", async () => {
  await page.goto(server.url);
  await state("connected");
  server.revoke();
  await state("expired");
  expect(await shownText("#overlay")).toContain("expired");
  await page.goto(server.url.replace("tok", "wrong"));
  await state("expired");
  await picture("expired");
});

test("text goes both ways between the device's clipboard and the computer's", async () => {
  const vnc = await startFakeVnc();
  guest.ports.set(5900, vnc.port);
  try {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.goto(server.url);
    await page.bringToFront();
    await page.evaluate("navigator.clipboard.writeText('copied before')");
    await state("connected");
    const device = () => page.evaluate("navigator.clipboard.readText()");

    await page.click("#clipboard-button");
    await page.fill("#clipboard-text", "typed in the panel");
    await page.click("#clipboard-send");
    await eventually(() => vnc.bytes().toString("latin1")).toContain("typed in the panel");
    await picture("clipboard");

    const copied = Buffer.from("copied in the computer");
    vnc.sockets.at(-1)!.write(Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 0, 0, copied.length]), copied]));
    await eventually(device).toBe("copied in the computer");
    expect(await page.inputValue("#clipboard-text")).toBe("copied in the computer");

    await page.keyboard.press("Escape");
    expect(await page.isVisible("#clipboard")).toBe(false);
    await page.evaluate("navigator.clipboard.writeText('copied elsewhere')");
    await page.evaluate("window.dispatchEvent(new Event('focus'))");
    await eventually(() => vnc.bytes().toString("latin1")).toContain("copied elsewhere");
  } finally {
    guest.ports.set(5900, xvnc.port);
    vnc.close();
  }
});

/** Another real desktop for one test, with a program on it. */
const ownDesktop = async () => {
  const own = await startXvnc({ width: 640, height: 400 });
  const program = await XProgram.start(own.display);
  guest.ports.set(5900, own.port);
  onTestFinished(async () => {
    program.close();
    guest.ports.set(5900, xvnc.port);
    await own.kill();
  });
  return program;
};

test("text of any script goes both ways to a program on the computer", async () => {
  const text = "Žluťoučký kůň 漢字 😀";
  const program = await ownDesktop();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(server.url);
  await page.bringToFront();
  await state("connected");
  await page.click("#clipboard-button");
  await page.fill("#clipboard-text", text);
  await page.click("#clipboard-send");
  await eventually(() => program.paste()).toBe(text);
  await program.copy(`${text} back`);
  await eventually(() => page.evaluate("navigator.clipboard.readText()")).toBe(`${text} back`);
});

test("gives the computer's screen the size of the window when it is asked to, and only then", async () => {
  await ownDesktop();
  await page.goto(server.url);
  await state("connected");
  await eventually(canvasMean).toMatchObject({ width: 640, height: 400 });
  await page.click("#fit");
  const { width, height } = (await page.locator("#screen").boundingBox())!;
  await eventually(canvasMean).toMatchObject({ width: Math.floor(width), height: Math.floor(height) });
  await page.setViewportSize({ width: 700, height: 500 });
  await page.waitForTimeout(500);
  expect(await canvasMean()).toMatchObject({ width: Math.floor(width), height: Math.floor(height) });
  await picture("fit");
  server.set({ power: "view" });
  await page.waitForSelector("#fit", { state: "hidden" });
});

test("says how many watch, when it is more than one", async () => {
  await page.goto(server.url);
  await state("connected");
  expect(await page.isVisible("#viewers")).toBe(false);
  server.set({ viewers: 3 });
  await eventually(() => shownText("#viewers")).toBe("3 watching");
  await picture("viewers");
  server.set({ viewers: 1 });
  await page.waitForSelector("#viewers", { state: "hidden" });
});

test("fingers steer the computer, and do not zoom or scroll the page", async () => {
  const program = await ownDesktop();
  const phone = await browser.newContext({ viewport: { width: 390, height: 700 }, hasTouch: true, isMobile: true });
  onTestFinished(() => phone.close());
  const finger = await phone.newPage();
  await finger.goto(server.url);
  await finger.waitForSelector('body[data-state="connected"]');
  const canvas = (await finger.locator("#screen canvas").boundingBox())!;
  await finger.touchscreen.tap(canvas.x + canvas.width / 4, canvas.y + canvas.height / 4);
  await eventually(async () => Math.abs((await program.pointer()).x - 160) <= 2).toBe(true);
  await finger.touchscreen.tap(canvas.x + canvas.width / 2, canvas.y + canvas.height / 2);
  await finger.touchscreen.tap(canvas.x + canvas.width / 2, canvas.y + canvas.height / 2);
  await eventually(async () => Math.abs((await program.pointer()).y - 200) <= 2).toBe(true);
  expect(await finger.evaluate("getComputedStyle(document.querySelector('#screen')).touchAction")).toBe("none");
  expect(await finger.evaluate("[visualViewport.scale, scrollX, scrollY, document.documentElement.scrollWidth]")).toEqual([1, 0, 0, 390]);
});

test("every module of the page is asked for at once", async () => {
  const asked: string[] = [];
  page.on("request", (request) => void asked.push(new URL(request.url()).pathname));
  await page.goto(server.url);
  await state("connected");
  const html = await (await page.request.get(server.url)).text();
  const modules = asked.filter((path) => path.endsWith(".js"));
  expect(modules).toHaveLength(8);
  for (const path of modules) expect(html).toContain(path);
});

test("fits a phone and is left by keyboard", async () => {
  await page.setViewportSize({ width: 360, height: 640 });
  server.set({ name: "a-computer-with-a-long-name-that-does-not-fit", viewers: 12 });
  await page.goto(server.url);
  await state("connected");
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
  const button = (await page.locator("#full-screen").boundingBox())!;
  expect(button.x + button.width).toBeLessThanOrEqual(360);
  await eventually(async () => (await canvasMean()).mean).toBeGreaterThan(40);
  await picture("phone");

  const focused = () => page.evaluate("document.activeElement?.id || document.activeElement?.tagName");
  await page.focus("#screen");
  expect(await focused()).toBe("CANVAS");
  await page.keyboard.press("Control+Alt+Home");
  expect(await focused()).toBe("fit");
});
