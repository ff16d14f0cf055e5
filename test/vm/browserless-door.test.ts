import puppeteer from "puppeteer-core";
import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import { keepPicture, vitrine, vm } from "./shared.ts";

const NAME = "browserless";
const here = async () => (await vitrine.computers.list()).data.some(({ name }) => name === NAME);

test("puppeteer, as it connects to Browserless, opens a page of the host's in a microVM, which is gone when it leaves", async () => {
  const computer = { name: NAME, network: { host_ports: [vm.pagePort] } };
  const query = new URLSearchParams({
    token: vm.apiKey,
    launch: JSON.stringify({ args: ["--window-size=1024,768", "--no-sandbox"] }),
    timeout: "600000",
    computer: JSON.stringify(computer),
  });
  const browser = await puppeteer.connect({
    browserWSEndpoint: `${vm.url.replace("http", "ws")}/?${query}`,
    protocolTimeout: 120_000,
    defaultViewport: null,
  });
  onTestFinished(() => browser.disconnect());
  const [page] = await browser.pages();
  page!.setDefaultTimeout(120_000);
  await page!.goto(`http://host.vitrine.internal:${vm.pagePort}/from-puppeteer`);
  expect(await page!.title()).toBe("/from-puppeteer");
  const picture = await page!.screenshot();
  keepPicture("browserless.png", picture);
  expect((await sharp(picture).metadata()).width).toBe(1024);
  expect(await here()).toBe(true);
  await browser.close();
  await expect.poll(here, { timeout: 60_000 }).toBe(false);
});
