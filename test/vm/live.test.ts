import { type Browser, chromium } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Computer } from "../../src/client/index.ts";
import { CHROMIUM, keepPicture, sharedComputer, vm } from "./shared.ts";

let computer: Computer;
let person: Browser;
beforeAll(async () => {
  computer = await sharedComputer();
  person = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
});
afterAll(() => person.close());

const watch = async (url: string) => {
  const page = await person.newPage({ viewport: { width: 1100, height: 860 } });
  await page.goto(url);
  await page.locator("body[data-state=connected]").waitFor({ timeout: 60_000 });
  return page;
};
/** Opens the form in the computer, over CDP, and answers what its name field holds. */
const openForm = async () => {
  const browser = await computer.connectPlaywright({ timeout: 120_000 });
  const page = browser.contexts()[0]!.pages()[0]!;
  page.setDefaultTimeout(120_000);
  await page.goto(`http://host.vitrine.internal:${vm.formPort}/`);
  const box = await page.getByLabel("Name").boundingBox();
  const top = (await page.evaluate("window.outerHeight - window.innerHeight")) as number;
  return { browser, page, field: page.getByLabel("Name"), at: { x: box!.x + box!.width / 2, y: box!.y + box!.height / 2 + top } };
};

test("a person watches, and types with keyboard and mouse; a view-only link cannot", async () => {
  const { browser, field, page: guestPage, at } = await openForm();
  const live = await watch(computer.live_url!);
  const canvas = live.locator("canvas").first();
  const box = (await canvas.boundingBox())!;
  const scale = box.width / 1024;
  const click = async (page: typeof live) => page.mouse.click(box.x + at.x * scale, box.y + at.y * scale);
  await click(live);
  // At once, as a program does: keys must not overtake the click that moves the focus out of the address bar.
  await live.keyboard.type("Ada Lovelace", { delay: 30 });
  await expect.poll(() => field.inputValue(), { timeout: 60_000 }).toBe("Ada Lovelace");
  await guestPage.getByLabel("City").fill("London");
  // The page shows what was filled in: it is not blank, and changes with the form.
  const picture = await live.screenshot();
  keepPicture("live.png", picture);
  expect(Math.max(...(await sharp(picture).stats()).channels.map(({ stdev }) => stdev))).toBeGreaterThan(5);
  await live.close();

  const viewer = await watch(computer.live_view_only_url!);
  await click(viewer);
  await viewer.keyboard.type("intruder");
  keepPicture("live-view-only.png", await viewer.screenshot());
  await viewer.close();
  // A round trip after the viewer's last word: whatever it could do is done.
  await guestPage.getByLabel("City").fill("Paris");
  expect(await field.inputValue()).toBe("Ada Lovelace");
  await guestPage.goto("about:blank");
  await browser.close();
});

test("a revoked link ends the view at once", async () => {
  const link = await computer.links.create("view", { ttl_s: 600 });
  const page = await watch(link.url);
  const answer = await fetch(`${vm.url}/v1/computers/${computer.id}/links/${link.link_id}`, {
    method: "DELETE",
    headers: { Authorization: `Bearer ${vm.apiKey}` },
  });
  expect(answer.status).toBe(204);
  await page.locator("body[data-state=expired]").waitFor({ timeout: 60_000 });
  keepPicture("live-expired.png", await page.screenshot());
  await page.close();
});
