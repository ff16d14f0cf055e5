import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import type { Computer } from "../../src/client/index.ts";
import { keepPicture, sharedComputer } from "./shared.ts";

let computer: Computer;
beforeAll(async () => {
  computer = await sharedComputer();
});
/** The mean colour of a part of the page that no window decoration covers. */
const colour = async (cursor = true): Promise<number[]> => {
  const image = await computer.screenshot({ region: { x: 300, y: 400, width: 200, height: 100 }, cursor });
  return (await sharp(image).stats()).channels.map(({ mean }) => Math.round(mean));
};

test("a screenshot shows what the page shows, in every format, and is the same until the page changes", async () => {
  const browser = await computer.connectPlaywright({ timeout: 120_000 });
  const page = browser.contexts()[0]!.pages()[0]!;
  page.setDefaultTimeout(120_000);
  const paint = (background: string) => page.setContent(`<body style="background:${background};caret-color:transparent">`);
  await paint("rgb(255, 128, 0)");
  await expect.poll(() => colour(), { timeout: 60_000 }).toEqual([255, 128, 0]);
  const before = (await computer.screenshotIfChanged(undefined))!;
  keepPicture("screenshot.png", before.data);
  expect([before.width, before.height]).toEqual([1024, 768]);
  expect(await computer.screenshotIfChanged(before.hash)).toBeNull();
  for (const format of ["jpeg", "webp"] as const)
    expect((await sharp(await computer.screenshot({ format, scale: 0.5 })).metadata()).width).toBe(512);
  await paint("rgb(0, 64, 192)");
  await expect.poll(() => colour(false), { timeout: 60_000 }).toEqual([0, 64, 192]);
  expect(await computer.screenshotIfChanged(before.hash)).not.toBeNull();
  await page.goto("about:blank");
  await browser.close();
});

test("the picture of an action shows what it left", async () => {
  const browser = await computer.connectPlaywright({ timeout: 120_000 });
  const page = browser.contexts()[0]!.pages()[0]!;
  page.setDefaultTimeout(120_000);
  await page.setContent(`<body onclick="document.body.style.background = 'rgb(255, 128, 0)'" style="background:rgb(0, 64, 192)">`);
  await expect.poll(() => colour(false), { timeout: 60_000 }).toEqual([0, 64, 192]);
  const after = (await computer.listEvents({ limit: 1000 })).data.at(-1)!.id;
  // An emulated guest may take longer to draw than a screen is given to come to rest.
  await computer.act([{ type: "click", x: 400, y: 450 }]);
  await expect.poll(() => colour(false), { timeout: 60_000 }).toEqual([255, 128, 0]);
  await computer.act([{ type: "move", x: 410, y: 460 }]);
  const { data } = await computer.listEvents({ after, types: ["action"] });
  const image = sharp(await computer.actionPicture(String(data.at(-1)?.data.picture_id), { timeoutMs: 60_000 }));
  expect(await image.metadata()).toMatchObject({ format: "webp", width: 320, height: 240 });
  const { dominant } = await image.stats();
  expect([dominant.r > 200, dominant.b < 80]).toEqual([true, true]);
  await page.goto("about:blank");
  await browser.close();
});

test("screenshots come while Chromium hangs and the agent is busy", async () => {
  const busy = computer.exec("dd if=/dev/zero bs=1M count=200 | sha256sum; sleep 2", { timeout_s: 300 });
  await computer.exec("pkill -STOP chromium", { user: "root" });
  try {
    const image = await computer.screenshot({ timeoutMs: 60_000 });
    expect((await sharp(image).metadata()).width).toBe(1024);
  } finally {
    await computer.exec("pkill -CONT chromium", { user: "root" });
  }
  expect((await busy).exit_code).toBe(0);
});
