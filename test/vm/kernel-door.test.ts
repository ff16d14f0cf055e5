import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Kernel from "@onkernel/sdk";
import { chromium } from "playwright-core";
import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import { probe } from "../unit/recordings/video.ts";
import { keepPicture, vm } from "./shared.ts";

const PAGE = `<!doctype html><title>Order</title><style>*{margin:0}button{width:100vw;height:50vh;background:#c00}</style>
<button onclick="document.title = 'Ordered'; this.style.background = '#0c0'">Order</button><input id=name style="width:100vw;height:40vh">`;

test("Kernel's SDK and Playwright use a computer: page, screen, hand, replay, files and commands, to its end", async () => {
  // Emulated guests are slow, and nothing here is to be done twice.
  const kernel = new Kernel({ baseURL: vm.url, apiKey: vm.apiKey, timeout: 300_000, maxRetries: 0 });
  const { browsers } = kernel;
  const made = await browsers.create({ name: "ordering", viewport: { width: 1024, height: 768 }, timeout_seconds: 3600 });
  const id = made.session_id;
  onTestFinished(() => browsers.deleteByID(id));
  expect((await fetch(made.browser_live_view_url!)).status).toBe(200);

  const browser = await chromium.connectOverCDP(made.cdp_ws_url, { timeout: 120_000 });
  onTestFinished(() => browser.close());
  const page = browser.contexts()[0]!.pages()[0]!;
  await page.setContent(PAGE);
  const { replay_id } = await browsers.replays.start(id, { framerate: 10 });

  // Where the page is on the screen.
  const [left, top, height] = await page.evaluate<[number, number, number]>("[screenX, screenY + outerHeight - innerHeight, innerHeight]");
  await browsers.computer.clickMouse(id, { x: left + 400, y: Math.round(top + height / 4) });
  await expect.poll(() => page.title(), { timeout: 60_000 }).toBe("Ordered");
  await browsers.computer.clickMouse(id, { x: left + 400, y: Math.round(top + height * 0.7) });
  // A guest under emulation may take a while to hear of a click.
  await expect.poll(() => page.evaluate("document.activeElement.id"), { timeout: 60_000 }).toBe("name");
  await browsers.computer.typeText(id, { text: "Šemík" });
  await expect.poll(() => page.inputValue("#name"), { timeout: 60_000 }).toBe("Šemík");

  const shot = Buffer.from(await (await browsers.computer.captureScreenshot(id)).arrayBuffer());
  keepPicture("kernel-door.png", shot);
  const button = { left: left + 50, top: Math.round(top + height / 8), width: 1, height: 1 };
  expect([...(await sharp(shot).extract(button).removeAlpha().raw().toBuffer())]).toEqual([0x00, 0xcc, 0x00]);

  const { fs, process } = browsers;
  await fs.writeFile(id, "horse", { path: "/home/ohm/order.txt", mode: "600" });
  await fs.setFilePermissions(id, { path: "/home/ohm/order.txt", mode: "640", owner: "root", group: "ohm" });
  expect(await fs.fileInfo(id, { path: "/home/ohm/order.txt" })).toMatchObject({ size_bytes: 5, mode: "-rw-r-----" });
  const said = async (command: string, as_root: boolean) =>
    Buffer.from((await process.exec(id, { command, as_root, timeout_sec: 120 })).stdout_b64!, "base64").toString();
  expect(await said("id -un; stat -c %U:%G /home/ohm/order.txt", false)).toBe("ohm\nroot:ohm\n");
  expect(await said("id -un", true)).toBe("root\n");

  await browsers.replays.stop(replay_id, { id });
  const dir = mkdtempSync(join(tmpdir(), "vt-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = join(dir, "replay.mp4");
  writeFileSync(file, Buffer.from(await (await browsers.replays.download(replay_id, { id })).arrayBuffer()));
  const video = probe(file);
  expect(video).toMatchObject({ width: 1024, height: 768 });
  expect(video.frames).toBeGreaterThan(1);

  await browser.close();
  await browsers.deleteByID(id);
  await expect(browsers.retrieve(id)).rejects.toMatchObject({ status: 404, error: { code: "computer_not_found" } });
});
