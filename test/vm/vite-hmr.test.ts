import { chromium } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { putViteApp, words } from "../support/vite-app.ts";
import { CHROMIUM, sharedComputer } from "./shared.ts";

const APP = "/home/ohm/app";
const PORT = 5173;
/** The agent's own Node; the browser template has no other. */
const NODE = "/opt/vitrine/node";

test("a page of a vite dev server in the guest, opened by its published URL, is changed in place when its source is", async () => {
  const computer = await sharedComputer();
  await putViteApp(computer, APP);
  const { pid } = await computer.processes.start({
    argv: [NODE, "node_modules/vite/bin/vite.js", "--port", `${PORT}`, "--strictPort"],
    cwd: APP,
  });
  const { url, link_url } = await computer.ports.publish(PORT);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  onTestFinished(async () => {
    await browser.close();
    await computer.ports.unpublish(PORT);
    await computer.processes.signal(pid, "KILL");
    await computer.files.delete(APP);
  });
  await computer.ports.wait(PORT, { wait_s: 300 });

  const page = await browser.newPage();
  page.setDefaultTimeout(300_000);
  const connected = page.waitForEvent("websocket");
  const hot: string[] = [];
  page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => hot.push(String(payload))));
  await page.goto(link_url as string);
  expect(page.url()).toBe(url);
  expect((await connected).url()).toMatch(new RegExp(`^${url.replace("http", "ws")}`));
  const shown = page.locator("p");
  await shown.filter({ hasText: "before" }).waitFor();
  await expect.poll(() => hot.join(), { timeout: 300_000 }).toContain('"connected"');

  // A reload would take it away.
  await page.evaluate("document.body.classList.add('kept')");
  await computer.files.write(`${APP}/words.js`, words("after"));
  await shown.filter({ hasText: "after" }).waitFor();
  expect(hot.join()).toContain('"update"');
  expect(await page.locator("body.kept").count()).toBe(1);
});
