import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Computer, Vitrine } from "../../src/client/index.ts";
import { inspect, openDashboard, signIn } from "../support/dashboard-page.ts";
import { type ServiceProcess, serviceProcess } from "../support/service-process.ts";
import { CHROMIUM, keepPicture } from "./shared.ts";

/** All of it is for typing. */
const SHEET = "data:text/html,<title>sheet</title><textarea style='position:fixed;inset:0;width:100%25;height:100%25'></textarea>";
const WORDS = "Hello from the dashboard";
/** The guests are emulated, beside whatever else the machine does. */
const DEADLINE_MS = 120_000;
const SOON = { timeout: DEADLINE_MS };

// A service of its own: it begins without computers, and is killed.
let service: ServiceProcess;
let browser: Browser;
const complained: string[][] = [];
beforeAll(async () => {
  service = await serviceProcess({ VITRINE_RAM_FACTOR: "2" });
  await service.start();
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
});
afterAll(async () => {
  await browser?.close();
  await service?.stop();
  service?.remove();
  expect(complained.flat()).toEqual([]);
});

/** A person with a browser of their own, signed in. */
const arrive = async (key: string, path = ""): Promise<Page> => {
  const { page, complaints } = await openDashboard(browser, service.url + path);
  complained.push(complaints);
  page.setDefaultTimeout(DEADLINE_MS);
  await signIn(page, key);
  return page;
};
const look = (page: Page, name: string) => inspect(page, `dashboard-${name}`, keepPicture);
const told = (page: Page, text: string | RegExp) => page.getByRole("region", { name: "Timeline" }).getByText(text).first().waitFor();
const live = (page: Page) => page.frameLocator('iframe[title^="Live view"]');
const liveIs = (page: Page, state: string) => live(page).locator(`body[data-state="${state}"]`).waitFor();
const press = (page: Page, name: string | RegExp) => page.getByRole("button", { name }).click();
const tab = (page: Page, name: string) => page.getByRole("tab", { name }).click();
const widthOfPicture = (page: Page) => page.evaluate("document.querySelector('.card img').naturalWidth");

test("a person makes a computer from the empty page, types into its page, stops and starts it, plays its recording, shares it, and deletes it", async () => {
  const page = await arrive(service.apiKey);
  await page.getByRole("heading", { name: "No computer yet" }).waitFor();
  await look(page, "empty");
  await press(page, "Create a browser");
  const card = page.locator(".card");
  await card.getByText("running", { exact: true }).waitFor({ timeout: 400_000 });
  await expect.poll(() => widthOfPicture(page), SOON).toBeGreaterThan(0);
  await card.getByText(/[1-9]\d* MiB in use/).waitFor();
  await look(page, "grid");

  const [computer] = (await service.vitrine.computers.list()).data as [Computer];
  await page.getByRole("link", { name: computer.name }).click();
  await liveIs(page, "connected");
  await press(page, "Record");
  const guest = await computer.connectPlaywright(SOON);
  const sheet = guest.contexts()[0]!.pages()[0]!;
  sheet.setDefaultTimeout(DEADLINE_MS);
  await sheet.goto(SHEET);
  await told(page, "A program connected to the browser");
  await live(page).getByRole("button", { name: "Take control" }).click();
  await told(page, "A person drives");
  await live(page).locator("canvas").click();
  await page.keyboard.type(WORDS, { delay: 30 });
  await expect.poll(() => sheet.locator("textarea").inputValue(), SOON).toBe(WORDS);
  await live(page).getByRole("button", { name: "Release" }).click();
  await told(page, "Nobody drives any more");
  await guest.close();
  await computer.act([
    { type: "wait", ms: 1500 },
    { type: "click", x: 300, y: 400 },
  ]);
  await told(page, /click/i);
  await look(page, "typed");
  await press(page, "End the recording");

  await press(page, `Stop ${computer.name}`);
  await liveIs(page, "stopped");
  await look(page, "stopped");
  await press(page, `Start ${computer.name}`);
  await liveIs(page, "connected");

  await press(page, /^Play /);
  await expect.poll(() => page.evaluate("document.querySelector('video').duration"), SOON).toBeGreaterThan(1);
  const chapter = page.getByRole("list", { name: "Chapters" }).getByRole("button", { name: /click/i }).last();
  await chapter.click();
  await expect.poll(() => page.evaluate("document.querySelector('video').currentTime"), SOON).toBeGreaterThan(1);
  await expect.poll(() => chapter.getAttribute("aria-current"), SOON).toBe("step");
  await look(page, "recording");

  await tab(page, "Sharing");
  await press(page, "Make a link");
  const visitor = await (await browser.newContext()).newPage();
  await visitor.goto(await page.getByLabel("The new link").inputValue());
  await visitor.locator('body[data-state="connected"]').waitFor(SOON);
  await visitor.getByText("view only").waitFor();
  await look(visitor, "link");
  await look(page, "sharing");
  await press(page, /^Revoke/);
  await visitor.locator('body[data-state="expired"]').waitFor(SOON);
  await visitor.context().close();

  for (const [name, seen] of [
    ["Terminal", page.frameLocator('iframe[title^="Terminal"]').getByText("ohm@")],
    ["Files", page.getByRole("button", { name: "Downloads/" })],
    ["Ports", page.getByText("No port is published.")],
  ] as const) {
    await tab(page, name);
    await seen.first().waitFor();
    await look(page, name.toLowerCase());
  }

  await tab(page, "Logs");
  await page.getByLabel("Log of").selectOption("xvnc");
  await page
    .getByText(/TigerVNC/)
    .first()
    .waitFor();
  await look(page, "logs");

  await press(page, `Delete ${computer.name}`);
  await look(page, "delete");
  await page
    .getByRole("dialog")
    .getByRole("button", { name: `Delete ${computer.name}` })
    .click();
  await page.getByRole("heading", { name: "No computer yet" }).waitFor();
  await page.context().close();
});

test("two people share one computer by the control lock, and their pages go on when the service is killed and comes back", async () => {
  const { key } = await service.vitrine.keys.create({ name: "grace" });
  const computer = await new Vitrine({ url: service.url, apiKey: key }).computers.create({ name: "curie" });
  const sheetOf = async () => {
    const guest = await computer.connectPlaywright(SOON);
    const sheet = guest.contexts()[0]!.pages()[0]!;
    sheet.setDefaultTimeout(DEADLINE_MS);
    return { sheet, holds: (text: string) => expect.poll(() => sheet.locator("textarea").inputValue(), SOON).toBe(text) };
  };
  const before = await sheetOf();
  await before.sheet.goto(SHEET);
  const people = [await arrive(service.apiKey, "/computers/curie"), await arrive(key, "/computers/curie")];
  const [ada, grace] = people as [Page, Page];
  for (const person of people) await live(person).getByText("2 watching").waitFor();
  const type = async (person: Page, text: string) => {
    await live(person).locator("canvas").click();
    await person.keyboard.type(text, { delay: 30 });
  };
  const drives = async (driver: Page, other: Page) => {
    await live(driver).getByRole("button", { name: "Take control" }).click();
    await live(driver).getByText("you drive").waitFor();
    await live(other).getByText("another person drives").waitFor();
    await live(other).getByText("view only").waitFor();
  };
  await drives(ada, grace);
  await type(grace, "intruder");
  await type(ada, "Ada");
  await before.holds("Ada");
  keepPicture("dashboard-drives.png", await ada.screenshot());
  await look(grace, "watches");
  await drives(grace, ada);
  await type(grace, " Grace");
  await before.holds("Ada Grace");
  await live(grace).getByRole("button", { name: "Release" }).click();
  for (const person of people)
    await live(person)
      .getByText(/drives?$/)
      .waitFor({ state: "hidden" });

  for (const person of people) await person.evaluate("window.same = true");
  await service.kill();
  const away = "The service does not answer. What you see may be old";
  for (const person of people) {
    await person.getByText(away).waitFor();
    await liveIs(person, "disconnected");
  }
  await look(ada, "away");
  await service.start();
  for (const person of people) {
    await liveIs(person, "connected");
    await person.getByText(away).waitFor({ state: "hidden" });
    expect(await person.evaluate("window.same")).toBe(true);
  }
  await type(ada, " again");
  await (await sheetOf()).holds("Ada Grace again");
  // Once before it was killed, once after it.
  const connections = grace.getByRole("region", { name: "Timeline" }).getByText("A program connected to the browser");
  await expect.poll(() => connections.count(), SOON).toBe(2);
  keepPicture("dashboard-back.png", await grace.screenshot());
  await computer.delete();
  for (const person of people) await person.context().close();
});
