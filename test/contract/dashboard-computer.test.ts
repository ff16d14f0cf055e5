import { expect, test, vi } from "vitest";
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
  await world.page.frameLocator("iframe").getByRole("button", { name: "Take control" }).click();
  await told("A person drives");
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
  await world.page.keyboard.press("ArrowRight");
  await world.page.keyboard.press("ArrowRight");
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
