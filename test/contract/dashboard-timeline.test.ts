import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { inspect } from "../support/dashboard-page.ts";
import { dashboardWorld } from "../support/dashboard-world.ts";

// A machine that is busy with other things takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const world = dashboardWorld();
const SOON = { timeout: 30_000 };
const timeline = () => world.page.getByRole("region", { name: "Timeline" });
const act = (id: string, ...actions: object[]) => world.service.call("POST", `/v1/computers/${id}/actions`, { actions });
const click = (x: number) => ({ type: "click", x, y: 30 });

test("an action in the timeline has a picture of what it left, of several the last, and it opens by keyboard", async () => {
  const id = await world.make({ name: "ada" });
  await world.openSignedIn(`/computers/${id}`);
  const { page } = world;
  await act(id, click(10), click(20));
  await timeline().getByRole("img", { name: "Screen after: Click at 20, 30" }).waitFor(SOON);
  await expect.poll(() => page.evaluate("document.querySelector('.timeline img').naturalWidth"), SOON).toBe(320);
  expect(await timeline().getByRole("img").count()).toBe(1);
  await inspect(page, "timeline");
  await timeline().getByRole("list", { name: "Events, newest first" }).focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Click at 20, 30" });
  await dialog.getByRole("img", { name: /^Screen of ada after it/ }).waitFor();
  await expect.poll(() => page.evaluate("document.querySelector('dialog img').naturalWidth"), SOON).toBe(320);
  await inspect(page, "action-picture");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  expect(await page.evaluate("document.activeElement.querySelector('img')?.alt")).toBe("Screen after: Click at 20, 30");
});

test("a picture that is gone is not shown", async () => {
  const id = await world.make({ name: "ada" });
  await act(id, click(10));
  const [event] = (await world.service.call("GET", `/v1/computers/${id}/events?type=action`)).body.data;
  expect((await world.service.call("GET", `/v1/computers/${id}/pictures/${event.data.picture_id}`)).status).toBe(200);
  rmSync(join(world.dataDir, "computers", id, "pictures"), { recursive: true });
  await world.openSignedIn(`/computers/${id}`);
  await timeline().getByText("Click at 10, 30").waitFor(SOON);
  await expect.poll(() => timeline().getByRole("button").count(), SOON).toBe(0);
});

test("a recording and the timeline move each other", async () => {
  const id = await world.make({ name: "ada" });
  await act(id, click(1));
  await world.openSignedIn(`/computers/${id}`);
  const { page } = world;
  await page.getByRole("button", { name: "Record" }).click();
  const end = page.getByRole("button", { name: "End the recording" });
  await end.waitFor(SOON);
  for (const x of [10, 200]) await act(id, { type: "wait", ms: 1500 }, click(x));
  await act(id, { type: "wait", ms: 500 });
  await end.click();
  await page.getByRole("button", { name: /^Play / }).click(SOON);
  await page.getByRole("region", { name: "Recording", exact: true }).waitFor();
  const video = (expression: string) => page.evaluate(`(() => { const video = document.querySelector("video"); return ${expression}; })()`);
  await expect.poll(() => video("video.duration"), SOON).toBeGreaterThan(3);
  expect(await video("document.activeElement === video")).toBe(true);
  expect(await page.locator("iframe.live").count()).toBe(0);

  const entry = (words: string) => timeline().getByRole("listitem").filter({ hasText: words });
  const marked = () => timeline().locator('[aria-current="step"]').allTextContents();
  // What was before the recording is not in it.
  expect(await entry("Click at 1, 30").getByRole("button", { name: /Click/ }).locator("time").count()).toBe(0);
  const place = (words: string) => entry(words).locator("button.place");
  await place("Click at 200, 30").focus();
  await page.keyboard.press("Enter");
  await expect.poll(marked, SOON).toEqual([expect.stringContaining("Click at 200, 30")]);
  const late = Number(await video("video.currentTime"));
  expect(await page.evaluate("document.activeElement.textContent")).toContain("Click at 200, 30");
  await place("Click at 10, 30").click();
  await expect.poll(marked, SOON).toEqual([expect.stringContaining("Click at 10, 30")]);
  expect(Number(await video("video.currentTime"))).toBeLessThan(late - 1);
  await inspect(page, "playback");

  // The mark goes on by itself while it plays, and is within sight.
  await page.evaluate("Object.assign(document.querySelector('.timeline ol').style, { height: '60px', flex: 'none' })");
  const top = await page.evaluate("scrollY");
  await video("video.play()");
  await expect.poll(marked, SOON).toEqual([expect.stringContaining("Click at 200, 30")]);
  await video("video.pause()");
  const [listTop, listBottom, entryTop, entryBottom] = (await page.evaluate(
    "['.timeline ol', '.timeline li[aria-current]'].flatMap((one) => { const { top, bottom } = document.querySelector(one).getBoundingClientRect(); return [top, bottom]; })",
  )) as [number, number, number, number];
  expect([entryBottom > listTop, entryTop < listBottom]).toEqual([true, true]);
  expect(await page.evaluate("scrollY")).toBe(top);

  // With a choice of events the mark is one of those.
  await page.getByLabel("Show").selectOption("exec");
  await expect.poll(marked).toEqual([]);
  await page.getByLabel("Show").selectOption("all");
  await page.getByRole("button", { name: "Close the recording" }).click();
  await expect.poll(marked).toEqual([]);
  expect(await timeline().locator("button.place").count()).toBe(0);
  await page.locator("iframe.live").waitFor(SOON);
  expect(await page.evaluate("document.activeElement.textContent")).toBe("Play");
});
