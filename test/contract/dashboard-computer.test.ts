import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { expect, onTestFinished, test, vi } from "vitest";
import { inspect } from "../support/dashboard-page.ts";
import { dashboardWorld } from "../support/dashboard-world.ts";

// A machine that is busy with other things takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const world = dashboardWorld();
const told = (text: string | RegExp) =>
  world.page.getByRole("region", { name: "Timeline" }).getByText(text).first().waitFor({ timeout: 30_000 });
const live = (state: string) => world.page.frameLocator("iframe").locator(`body[data-state="${state}"]`).waitFor({ timeout: 30_000 });
const tab = (name: string) => world.page.getByRole("tab", { name }).click();

test("a computer is watched, driven, and its timeline says what happened", async () => {
  const id = await world.make({ name: "ada" });
  await world.openSignedIn();
  await world.page.getByRole("link", { name: "ada" }).click();
  await world.page.getByRole("heading", { name: "ada" }).waitFor();
  expect(world.page.url()).toBe(`${world.service.url}/computers/${id}`);
  await live("connected");
  await told("Somebody watches and may drive");
  expect(await world.page.evaluate("document.activeElement.textContent")).toBe("ada");
  await world.page.frameLocator("iframe").getByRole("button", { name: "Take control" }).click();
  await told("A person drives");
  const other = await world.page.context().newPage();
  await other.goto(world.page.url());
  const watched = other.frameLocator("iframe");
  await watched.getByText("another person drives").waitFor({ timeout: 30_000 });
  expect(await watched.locator("#view-only").isVisible()).toBe(true);
  expect(await watched.getByRole("button").allTextContents()).toEqual(["Take control", "Full screen"]);
  await other.close();
  await world.page.frameLocator("iframe").getByRole("button", { name: "Release" }).click();
  await told("Nobody drives any more");
  await world.service.call("POST", `/v1/computers/${id}/actions`, { actions: [{ type: "click", x: 20, y: 30 }] });
  await told(/click/i);
  await world.service.call("POST", `/v1/computers/${id}/exec`, { command: "exit 3" });
  await told(/ended with 3/);
  await inspect(world.page, "computer");
  await world.page.getByLabel("Show").selectOption("exec");
  await expect.poll(() => world.page.getByLabel("Events, newest first").locator("li").count()).toBe(1);
  await world.page.getByRole("button", { name: "Stop ada" }).click();
  await live("stopped");
  await world.page.getByRole("button", { name: "Start ada" }).click();
  await live("connected");
  await world.page.getByRole("button", { name: "Delete ada" }).click();
  await world.page.getByRole("dialog").getByRole("button", { name: "Delete ada" }).click();
  await world.page.getByRole("heading", { name: "No computer yet" }).waitFor({ timeout: 30_000 });
  await world.page.goBack();
  await world.page.getByRole("heading", { name: "This computer is not there" }).waitFor();
});

test("a recording is made and played, and a chapter seeks it", async () => {
  const id = await world.make({ name: "ada" });
  await world.openSignedIn(`/computers/${id}`);
  await world.page.getByRole("button", { name: "Record" }).click();
  const end = world.page.getByRole("button", { name: "End the recording" });
  await end.waitFor();
  for (const x of [10, 200]) {
    await world.service.call("POST", `/v1/computers/${id}/actions`, {
      actions: [
        { type: "wait", ms: 1500 },
        { type: "click", x, y: 30 },
      ],
    });
  }
  await end.click();
  await world.page.getByRole("button", { name: /^Play / }).click({ timeout: 30_000 });
  await expect.poll(() => world.page.evaluate("document.querySelector('video').duration"), { timeout: 30_000 }).toBeGreaterThan(2);
  const chapters = world.page.getByRole("list", { name: "Chapters" }).getByRole("button");
  await chapters.last().click();
  await expect.poll(() => world.page.evaluate("document.querySelector('video').currentTime")).toBeGreaterThan(1);
  await expect.poll(() => chapters.last().getAttribute("aria-current")).toBe("step");
  await inspect(world.page, "recording");
});

test("a link is made, opens in another browser, and is revoked", async () => {
  const id = await world.make({ name: "ada" });
  await world.openSignedIn(`/computers/${id}`);
  await tab("Sharing");
  await world.page.getByRole("button", { name: "Make a link" }).click();
  const url = await world.page.getByLabel("The new link").inputValue();
  await world.page.getByRole("cell", { name: "watch", exact: true }).waitFor();
  await inspect(world.page, "sharing");
  const guest = await (await world.browser.newContext()).newPage();
  await guest.goto(url);
  await guest.locator('body[data-state="connected"]').waitFor({ timeout: 30_000 });
  expect(await guest.locator("#view-only").isVisible()).toBe(true);
  await world.page.getByRole("cell", { name: "used" }).waitFor();
  await world.page.getByRole("button", { name: /^Revoke/ }).click();
  await guest.locator('body[data-state="expired"]').waitFor({ timeout: 30_000 });
  await world.page.getByText("No link is shared").waitFor();
  expect(await world.page.getByLabel("The new link").count()).toBe(0);
  await guest.context().close();
});

test("ports are published and the log is read, by keyboard", async () => {
  world.service.fleet.console = "the kernel's own words";
  const id = await world.make({ name: "ada" });
  await world.openSignedIn(`/computers/${id}`);
  await world.page.getByRole("tab", { name: "Recordings" }).focus();
  for (let steps = 0; steps < 6; steps++) await world.page.keyboard.press("ArrowRight");
  expect(await world.page.getByRole("tab", { name: "Ports" }).getAttribute("aria-selected")).toBe("true");
  await world.page.getByLabel("Port").last().fill("3000");
  await world.page.keyboard.press("Enter");
  await world.page.getByRole("link", { name: "http://3000-ada.localhost" }).waitFor();
  await inspect(world.page, "ports");
  await world.page.getByRole("button", { name: "Unpublish port 3000" }).click();
  await world.page.getByText("No port is published.").waitFor();
  await tab("Logs");
  await world.page.getByText("the kernel's own words").waitFor();
  await inspect(world.page, "logs");
  await world.page.getByLabel("Log of").selectOption("xvnc");
  await world.page.getByRole("alert").getByText("the log of xvnc").waitFor();
});

test("files are brought, looked at, taken and deleted", async () => {
  // The fake machine's files are this host's.
  const folder = mkdtempSync(join(tmpdir(), "vt-files-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "a.bin"), Buffer.from([0, 255]));
  mkdirSync(join(folder, "deep"));
  const id = await world.make({ name: "ada" });
  await world.openSignedIn(`/computers/${id}`);
  const { page } = world;
  await tab("Files");
  await page.getByRole("alert").getByText("No such file or folder in the computer: /home/ohm").waitFor();
  await page.getByRole("navigation", { name: "Folder" }).getByRole("button", { name: "/", exact: true }).click();
  for (const name of folder.split("/").filter(Boolean)) await page.getByRole("button", { name: `${name}/`, exact: true }).click();
  await page.locator('input[type="file"]').setInputFiles([
    { name: "hello.txt", mimeType: "text/plain", buffer: Buffer.from("Dobrý den") },
    {
      name: "dot.png",
      mimeType: "image/png",
      buffer: await sharp({ create: { width: 4, height: 4, channels: 3, background: "red" } })
        .png()
        .toBuffer(),
    },
  ]);
  await page.getByRole("button", { name: "dot.png", exact: true }).waitFor();
  expect(await page.locator("tbody tr td:first-child").allTextContents()).toEqual(["deep/", "a.bin", "dot.png", "hello.txt"]);
  await inspect(page, "files");
  await page.getByRole("button", { name: "hello.txt", exact: true }).click();
  await page.getByRole("dialog").getByText("Dobrý den").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "dot.png", exact: true }).click();
  await expect.poll(() => page.evaluate("document.querySelector('dialog img')?.naturalWidth")).toBe(4);
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "a.bin", exact: true }).click();
  await page.getByRole("dialog").getByText("It is neither a text nor a picture").waitFor();
  await page.keyboard.press("Escape");
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download hello.txt" }).click();
  expect(readFileSync(await (await download).path(), "utf8")).toBe("Dobrý den");
  await page.getByRole("button", { name: "Delete hello.txt" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete hello.txt" }).click();
  await page.getByRole("button", { name: "hello.txt", exact: true }).waitFor({ state: "detached" });
  expect(readdirSync(folder).sort()).toEqual(["a.bin", "deep", "dot.png"]);
});

test("a terminal takes keys, is the same one after a reload, and says how its shell ended", async () => {
  const id = await world.make({ name: "ada" });
  await world.openSignedIn(`/computers/${id}`);
  const { page } = world;
  await tab("Terminal");
  const shell = page.frameLocator('iframe[title="Terminal of ada"]');
  const said = (text: string) => shell.getByText(text).first().waitFor({ timeout: 30_000 });
  const shows = (text: string) => expect.poll(() => shell.locator(".xterm-rows").textContent(), { timeout: 30_000 }).toContain(text);
  await said("Connected");
  await shell.locator(".xterm-helper-textarea").focus();
  await page.keyboard.type("echo $((40 + 2))-out");
  await page.keyboard.press("Enter");
  await shows("42-out");
  await inspect(page, "terminal");
  await page.reload();
  await tab("Terminal");
  // xterm draws nothing while it is out of sight.
  await page.getByTitle("Terminal of ada").scrollIntoViewIfNeeded();
  await shows("42-out");
  await shell.locator(".xterm-helper-textarea").focus();
  await page.keyboard.press("Control+Alt+Home");
  expect(await shell.locator(".xterm-helper-textarea:focus").count()).toBe(0);
  await shell.locator(".xterm-helper-textarea").focus();
  await page.keyboard.type("exit 3");
  await page.keyboard.press("Enter");
  await said("The shell ended with 3");
  await shell.getByRole("button", { name: "New shell" }).click();
  await said("Connected");
});
