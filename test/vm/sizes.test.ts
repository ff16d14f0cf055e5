import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { cacheDir } from "../../src/contract/local.ts";
import { vitrine } from "./shared.ts";

/** That no other test asks for. */
const viewport = { width: 1000, height: 650 };

const templates = (): { viewport: typeof viewport }[] => {
  const dir = join(cacheDir(process.env), "templates");
  return readdirSync(dir).flatMap((name) => {
    try {
      return [JSON.parse(readFileSync(join(dir, name, "manifest.json"), "utf8")).shape];
    } catch {
      // It is being built, or is no template.
      return [];
    }
  });
};

test("a size of the screen that is asked for again has a template of its own, and its computers that size at once", async () => {
  const create = () => vitrine.computers.create({ browser: { viewport } });
  for (let i = 0; i < 2; i++) await (await create()).delete();
  await expect.poll(templates, { timeout: 300_000, interval: 1000 }).toContainEqual(expect.objectContaining({ viewport }));
  const computer = await create();
  try {
    expect(computer).toMatchObject({ start_kind: "restored", browser: { viewport } });
    const { width, height } = await sharp(await computer.screenshot()).metadata();
    expect({ width, height }).toEqual(viewport);
    const browser = await computer.connectPlaywright({ timeout: 120_000 });
    const page = browser.contexts()[0]!.pages()[0]!;
    expect(await page.evaluate("({ width: outerWidth, height: outerHeight })")).toEqual(viewport);
    await browser.close();
  } finally {
    await computer.delete();
  }
});
