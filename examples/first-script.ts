/**
 * The first script: a computer is created, Playwright fills in a form in it, and a screenshot of its screen is saved.
 * Run it beside a service: `npm start` in one terminal, `npm run example -- first-script` in another. `--keep` leaves the computer running.
 */
import { writeFile } from "node:fs/promises";
import { Vitrine } from "../src/client/index.ts";
import { serveForm } from "./form-page.mjs";

const form = await serveForm();
const vitrine = new Vitrine();
const computer = await vitrine.computers.create({ network: { host_ports: [form.port] } });
console.log(`${computer.name} is ${computer.status}. Watch it at ${computer.live_url}`);

try {
  const browser = await computer.connectPlaywright();
  const context = browser.contexts()[0]!;
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(`http://host.vitrine.internal:${form.port}/`);
  await page.getByLabel("Name").fill("Marie Skłodowska-Curie");
  await page.getByLabel("City").fill("Warszawa");
  await page.getByLabel("About you").fill("Žluťoučký kůň, 漢字, 😀");
  await writeFile("first-script.png", await computer.screenshot());
  await page.getByRole("button", { name: "Send" }).click();
  console.log(`The page thanks ${await page.locator("#who").textContent()}. The screen is in first-script.png.`);
  await browser.close();
} finally {
  if (!process.argv.includes("--keep")) await computer.delete();
  await form.close();
}
