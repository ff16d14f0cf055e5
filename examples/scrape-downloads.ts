/**
 * Scraping: Playwright reads a catalogue, page after page, and downloads a file, which comes out of the computer through the API. The site is one that this
 * script serves. Run it beside a service: `npm run example -- scrape-downloads [folder for the file]`.
 */
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Vitrine } from "../src/client/index.ts";
import { serveShop } from "./support/shop.ts";

const [folder = "."] = process.argv.slice(2);
await using shop = await serveShop();
await using computer = await new Vitrine().computers.create({ network: { host_ports: [shop.port] } });
console.log(`Watch it at ${computer.live_url}`);

const browser = await computer.connectPlaywright({ timeout: 120_000 });
const page = browser.contexts()[0]!.pages()[0]!;
page.setDefaultTimeout(120_000); // without KVM a computer takes its time
const site = `http://host.vitrine.internal:${shop.port}`;
const books: string[] = [];
for (let path: string | null | undefined = "/"; path; ) {
  await page.goto(site + path);
  for (const row of await page.locator("tbody tr").all()) books.push((await row.locator("td").allTextContents()).join(": "));
  path = await (await page.locator("a[rel=next]").all())[0]?.getAttribute("href");
}
console.log(`${books.length} books: ${books.join(", ")}`);

const started = page.waitForEvent("download");
await page.getByRole("link", { name: "Price list" }).click();
const failure = await (await started).failure(); // known when the file is whole; saveAs() of a remote browser cannot reach it
if (failure) throw new Error(`the download failed: ${failure}`);
const [file] = await computer.downloads.list();
await pipeline(await computer.downloads.readStream(file!.id), createWriteStream(join(folder, file!.name)));
console.log(`${file!.name}, ${file!.size_bytes} bytes, is in ${folder}.`);
await browser.close();
