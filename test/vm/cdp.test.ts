import CDP from "chrome-remote-interface";
import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Computer } from "../../src/client/index.ts";
import { keepPicture, sharedComputer, vm } from "./shared.ts";

let computer: Computer;
beforeAll(async () => {
  computer = await sharedComputer();
});

/** The share of the picture's pixels that have the colour of the form's button. */
const blueShare = async (png: Buffer): Promise<number> => {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  let blue = 0;
  for (let i = 0; i < data.length; i += info.channels) if (data[i] === 0x34 && data[i + 1] === 0x54 && data[i + 2] === 0xd1) blue++;
  return blue / (info.width * info.height);
};

test("Playwright fills in a form that the host serves on its loopback; the screenshot shows it", async () => {
  const browser = await computer.connectPlaywright({ timeout: 120_000 });
  const context = browser.contexts()[0]!;
  const page = context.pages()[0]!;
  page.setDefaultTimeout(120_000);
  await page.goto(`http://host.vitrine.internal:${vm.formPort}/`);
  await page.getByLabel("Name").fill("Marie Skłodowska-Curie");
  await page.getByLabel("About you").fill("Žluťoučký kůň, 漢字, 😀");
  expect(await page.getByLabel("Name").inputValue()).toBe("Marie Skłodowska-Curie");
  const picture = await computer.screenshot();
  const { width, height } = await sharp(picture).metadata();
  expect([width, height]).toEqual([1024, 768]);
  // The button's blue is on the screen once Chromium has painted.
  await expect.poll(async () => blueShare(await computer.screenshot()), { timeout: 60_000, interval: 1000 }).toBeGreaterThan(0.002);
  keepPicture("form.png", await computer.screenshot());
  await page.getByRole("button", { name: "Send" }).click();
  expect(await page.locator("#who").textContent()).toBe("Marie Skłodowska-Curie");
  expect(await page.locator("#about").textContent()).toBe("Žluťoučký kůň, 漢字, 😀");
  await page.goto("about:blank");
  await browser.close();
});

test("what Playwright's browser downloads lies in the computer, under its own name, and comes out through the API; the timeline tells", async () => {
  const browser = await computer.connectPlaywright({ timeout: 120_000 });
  const page = browser.contexts()[0]!.pages()[0]!;
  page.setDefaultTimeout(120_000);
  await page.goto(`http://host.vitrine.internal:${vm.pagePort}/`);
  const started = page.waitForEvent("download");
  await page.evaluate(`Object.assign(document.createElement("a"), { href: "data:text/plain,ahoj", download: "zpráva.txt" }).click()`);
  expect((await started).suggestedFilename()).toBe("zpráva.txt");
  const { downloads } = computer;
  await expect.poll(() => downloads.list(), { timeout: 60_000, interval: 500 }).toMatchObject([{ name: "zpráva.txt", size_bytes: 4 }]);
  expect(String(await downloads.read((await downloads.list())[0]!.id))).toBe("ahoj");
  await expect(downloads.read(Buffer.from("../.bashrc").toString("base64url"))).rejects.toMatchObject({ code: "file_not_found" });
  await computer.files.delete("/home/ohm/Downloads/zpráva.txt");
  await page.evaluate("setTimeout(() => { console.error('wrong'); throw new Error('uncaught'); })");
  const file = { name: "zpráva.txt", url: "data:…" };
  const types = ["page.navigated", "page.console", "download.started", "download.finished"] as const;
  const told = async () => (await computer.listEvents({ types: [...types], limit: 1000 })).data.map(({ type, data }) => [type, data]);
  await expect.poll(told, { timeout: 60_000, interval: 500 }).toEqual(
    expect.arrayContaining([
      ["page.navigated", expect.objectContaining({ url: `http://host.vitrine.internal:${vm.pagePort}/` })],
      ["download.started", file],
      ["download.finished", { ...file, size_bytes: 4, status: "completed" }],
      ["page.console", expect.objectContaining({ level: "error", text: "wrong" })],
      ["page.console", expect.objectContaining({ level: "error", text: "Uncaught Error: uncaught" })],
    ]),
  );
  await page.goto("about:blank");
  await browser.close();
});

test("only the named host ports are reached, and the guest's own loopback is not the host's", async () => {
  const curl = (url: string) => computer.exec(["curl", "-sS", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", url], { timeout_s: 60 });
  expect((await curl(`http://host.vitrine.internal:${vm.pagePort}/`)).stdout).toBe("200");
  const servicePort = new URL(vm.url).port;
  for (const host of ["host.vitrine.internal", "10.0.2.2", "127.0.0.1"])
    expect((await curl(`http://${host}:${servicePort}/healthz`)).stdout).toBe("000");
});

describe("other clients", () => {
  test("puppeteer", async () => {
    const browser = await puppeteer.connect({ browserWSEndpoint: computer.cdp_ws_url!, protocolTimeout: 120_000, defaultViewport: null });
    const page = await browser.newPage();
    expect(await page.evaluate("6 * 7")).toBe(42);
    await page.close();
    await browser.disconnect();
  });

  test("chrome-remote-interface, by the discovery endpoints and a page's own URL", async () => {
    const base = new URL(computer.cdp_url!);
    const answer = await fetch(`${base.origin}${base.pathname}/json/list${base.search}`);
    const list = (await answer.json()) as { type: string; webSocketDebuggerUrl: string }[];
    const page = list.find((target) => target.type === "page")!;
    expect(page.webSocketDebuggerUrl).toContain(`${base.host}${base.pathname}/devtools/page/`);
    const client = await CDP({ target: page.webSocketDebuggerUrl, local: true });
    const { result } = await client.Runtime.evaluate({ expression: "navigator.userAgent" });
    expect(result.value).toContain("Chrome/");
    await client.close();
  });

  test("a raw WebSocket carries a 100 MB answer", async () => {
    const socket = new WebSocket(computer.cdp_ws_url!, { perMessageDeflate: false, maxPayload: 256 * 1024 * 1024 });
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    let id = 0;
    // biome-ignore lint/suspicious/noExplicitAny: CDP's own JSON.
    const call = (method: string, params: object, sessionId?: string): Promise<any> =>
      new Promise((resolve, reject) => {
        const mine = ++id;
        const onMessage = (data: Buffer) => {
          // The long answer is not parsed for each waiting call.
          const message = JSON.parse(data.toString());
          if (message.id !== mine) return;
          socket.off("message", onMessage);
          socket.off("close", onClose);
          if (message.error) reject(new Error(JSON.stringify(message.error)));
          else resolve(message.result);
        };
        const onClose = (code: number) => reject(new Error(`closed with ${code}`));
        socket.on("message", onMessage);
        socket.once("close", onClose);
        socket.send(JSON.stringify({ id: mine, method, params, sessionId }));
      });
    const { targetId } = await call("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
    const { result } = await call("Runtime.evaluate", { expression: "'x'.repeat(100_000_000)", returnByValue: true }, sessionId);
    expect(result.value.length).toBe(100_000_000);
    await call("Target.closeTarget", { targetId });
    socket.close();
  });
});

test("Chromium runs unprivileged, in its own sandbox", async () => {
  const { stdout } = await computer.exec(
    "for p in $(pgrep -f -- '[-]-type=renderer'); do echo $(ps -o user= -p $p) $(grep -h -E '^(Seccomp|NoNewPrivs):' /proc/$p/status | tr -d '\\n\\t'); done; ps -eo args | grep -c -e '[-]-no-sandbox'",
    { timeout_s: 60 },
  );
  const lines = stdout.trim().split("\n");
  expect(lines.pop()).toBe("0");
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(line).toMatch(/^ohm NoNewPrivs:1Seccomp:2$/);
});

describe("a Chromium that is killed", () => {
  afterAll(async () => {
    await computer.refresh();
  });
  test("comes back behind the same URL", async () => {
    const before = computer.cdp_url!;
    const first = await chromium.connectOverCDP(before, { timeout: 120_000 });
    const gone = new Promise((resolve) => first.once("disconnected", resolve));
    await computer.exec("pkill -KILL -o chromium", { user: "root" });
    const status = async () => (await computer.refresh()).browser?.status;
    await expect.poll(status, { timeout: 60_000, interval: 20 }).toBe("starting");
    await gone;
    const second = await chromium.connectOverCDP(before, { timeout: 180_000 });
    const page = second.contexts()[0]!.pages()[0] ?? (await second.contexts()[0]!.newPage());
    expect(await page.evaluate("1 + 1")).toBe(2);
    await second.close();
    expect((await computer.refresh()).status).toBe("running");
    await expect.poll(status, { timeout: 60_000 }).toBe("ready");
    expect(computer.cdp_url).toBe(before);
  });
});
