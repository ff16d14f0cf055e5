/**
 * Log in once, work many times: a computer's browser logs in, and each fork of the computer is logged in, too, in a browser of its own. The site is one that
 * this script serves. Run it beside a service: `npm run example -- login-and-fork`.
 */
import { type Computer, Vitrine } from "../src/client/index.ts";
import { serveShop } from "./support/shop.ts";

const FORKS = 2;
await using shop = await serveShop();
const site = `http://host.vitrine.internal:${shop.port}`;

const pageOf = async (computer: Computer) => {
  const browser = await computer.connectPlaywright({ timeout: 120_000 });
  const page = browser.contexts()[0]!.pages()[0]!;
  page.setDefaultTimeout(120_000); // without KVM a computer takes its time
  return page;
};

await using first = await new Vitrine().computers.create({ network: { host_ports: [shop.port] } });
const page = await pageOf(first);
await page.goto(`${site}/login`);
await page.getByLabel("Name").fill("Marie");
await page.getByRole("button", { name: "Log in" }).click();
await page.waitForURL("**/orders/");
await page.context().browser()?.close(); // the connection; the browser in the computer goes on

const forks = await first.fork({ count: FORKS });
try {
  const work = async (fork: Computer, at: number) => {
    const page = await pageOf(fork);
    await page.goto(`${site}/orders/${at + 1}`);
    console.log(`${fork.name}: ${await page.locator("h1").textContent()}, ${await page.locator("p").textContent()}`);
    await page.context().browser()?.close();
  };
  await Promise.all(forks.map(work));
} finally {
  await Promise.all(forks.map((fork) => fork.delete()));
}
console.log(`Logins: ${shop.logins()}`);
