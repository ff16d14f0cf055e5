import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { expect } from "vitest";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A page of the dashboard as a person has it, and what it complained of. */
export const openDashboard = async (browser: Browser, url: string) => {
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (/Content Security Policy|Trusted|TypeError|ReferenceError/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints };
};

export const signIn = async (page: Page, key: string): Promise<void> => {
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
};

/** What axe finds in the page as it is now, frames of other documents left out. */
const faultsOf = async (page: Page): Promise<string[]> => {
  await page.evaluate(AXE);
  // biome-ignore lint/suspicious/noExplicitAny: axe is in the page alone.
  const { violations } = (await page.evaluate("axe.run(document, { iframes: false, resultTypes: ['violations'] })")) as any;
  return violations.map(({ id, nodes }: { id: string; nodes: { html: string }[] }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
};

/** Keeps a picture for a person to look at, when VITRINE_TEST_PICTURES names a folder. */
const keepWhenAsked = async (name: string, png: Uint8Array): Promise<void> => {
  const folder = process.env.VITRINE_TEST_PICTURES;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), png);
};

/** Looks at the page in both themes and on a phone: axe finds nothing, nothing is wider than the window, and a picture is kept. */
export const inspect = async (
  page: Page,
  name: string,
  keep: (name: string, png: Uint8Array) => unknown = keepWhenAsked,
): Promise<void> => {
  const wide = page.viewportSize()!;
  for (const [look, size] of [
    ["light", wide],
    ["dark", wide],
    ["phone", { width: 390, height: 780 }],
  ] as const) {
    await page.emulateMedia({ colorScheme: look === "dark" ? "dark" : "light" });
    await page.setViewportSize(size);
    await keep(`${name}-${look}.png`, await page.screenshot({ fullPage: true }));
    expect(await faultsOf(page), `${name}, ${look}`).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), `${name}, ${look}: fits`).toBe(true);
  }
  await page.setViewportSize(wide);
};
