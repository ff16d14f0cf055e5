import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { inspect } from "../support/dashboard-page.ts";
import { dashboardWorld } from "../support/dashboard-world.ts";

// A machine that is busy with other things takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const world = dashboardWorld();
const tab = (name: string) => world.page.getByRole("tab", { name }).click();
const LARGE = Buffer.alloc(3_000_000, "large ");

/** A folder of this host, which is the fake machine's, shown by the page. */
const showFolder = async (): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "vt-files-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const id = await world.make({ name: "ada" });
  await world.openSignedIn(`/computers/${id}`);
  await tab("Files");
  await world.page.getByRole("navigation", { name: "Folder" }).getByRole("button", { name: "/", exact: true }).click();
  for (const name of folder.split("/").filter(Boolean)) await world.page.getByRole("button", { name: `${name}/`, exact: true }).click();
  await world.page.getByText("This folder is empty.").waitFor();
  return folder;
};
const bring = (...names: string[]) =>
  world.page.locator('input[type="file"]').setInputFiles(names.map((name) => ({ name, mimeType: "text/plain", buffer: LARGE })));
/** Lets the page send no more than 150 kB a second, until what this answers is called. */
const slowly = async (): Promise<() => Promise<void>> => {
  const cdp = await world.page.context().newCDPSession(world.page);
  await cdp.send("Network.enable");
  await cdp.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 150_000 });
  return () => cdp.detach();
};

test("what is brought shows how far it is, is cancelled, and is sent again from where it was left", async () => {
  const folder = await showFolder();
  const { page } = world;
  const asItCan = await slowly();
  await bring("a.txt", "b.txt");
  await page.getByText(/^a\.txt: [\d.]+ [kM]B of 3 MB$/).waitFor();
  await expect.poll(() => page.evaluate("document.querySelector('progress').value"), { timeout: 30_000 }).toBeGreaterThan(100_000);
  await inspect(page, "upload");
  await page.getByRole("button", { name: "Cancel a.txt" }).click();
  await page.getByRole("alert").getByText("a.txt was cancelled.").waitFor();
  await page.getByText(`2 files were not sent to ${folder}.`).waitFor();
  await inspect(page, "upload-cancelled");
  await asItCan();
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("cell", { name: "b.txt", exact: true }).waitFor();
  await expect.poll(() => ["a.txt", "b.txt"].map((name) => statSync(join(folder, name)).size)).toEqual([LARGE.length, LARGE.length]);
  expect(await page.getByText("not sent").count()).toBe(0);
  const dropped = await page.evaluateHandle(`(() => {
    const data = new DataTransfer();
    data.items.add(new File(["dropped"], "c.txt"));
    return data;
  })()`);
  await page.getByText("or drop them here").dispatchEvent("drop", { dataTransfer: dropped });
  await page.getByRole("cell", { name: "c.txt", exact: true }).waitFor();
  expect(readFileSync(join(folder, "c.txt"), "utf8")).toBe("dropped");
});

test("what cannot be sent says why, and is sent when the service is back", async () => {
  const folder = await showFolder();
  const { page } = world;
  await world.restart(async () => {
    await bring("a.txt");
    await page.getByRole("alert").getByText("a.txt: The service does not answer.").waitFor();
  });
  await page.getByText("What you see may be old").waitFor({ state: "detached", timeout: 30_000 });
  // A fake machine ends with its service.
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("alert").getByText("a.txt: The computer is").waitFor({ timeout: 30_000 });
  await page.getByRole("button", { name: "Start ada" }).click();
  await page.getByRole("button", { name: "Stop ada" }).waitFor({ timeout: 30_000 });
  await page.getByRole("button", { name: "Try again" }).click();
  await expect.poll(() => statSync(join(folder, "a.txt"), { throwIfNoEntry: false })?.size, { timeout: 30_000 }).toBe(LARGE.length);
  await page.getByRole("button", { name: "Bring files" }).and(page.locator(":enabled")).waitFor();
});

test("the workspace is exported, and why it cannot be is said", async () => {
  const folder = await showFolder();
  const { page } = world;
  const begin = page.getByRole("button", { name: "Export all of /home/ohm" });
  // A fake machine has no workspace.
  await begin.click();
  await page.getByRole("alert").getByText("ada.tar.gz: ").waitFor({ timeout: 30_000 });
  await bring("a.txt");
  await page.getByRole("cell", { name: "a.txt", exact: true }).waitFor();
  await page.route("**/workspace", (route) =>
    route.continue({
      url: route
        .request()
        .url()
        .replace(/workspace$/, `files/archive?path=${encodeURIComponent(folder)}`),
    }),
  );
  const download = page.waitForEvent("download");
  await begin.click();
  const file = await download;
  expect(file.suggestedFilename()).toBe("ada.tar.gz");
  expect(readFileSync(await file.path()).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
  await page.getByText("as ada.tar.gz, as it is at one moment").waitFor();
});

test("what the browser has downloaded is listed, and taken", async () => {
  const id = await world.make({ name: "ada" });
  await world.openSignedIn(`/computers/${id}`);
  const { page } = world;
  await tab("Downloads");
  await page.getByText("The browser has downloaded nothing yet.").waitFor();
  const { body } = await world.service.call("POST", `/v1/computers/${id}/exec`, {
    command: "mkdir -p Downloads && printf 'of 2026' > 'Downloads/the report.txt'",
  });
  expect(body.exit_code, body.stderr).toBe(0);
  await tab("Files");
  await tab("Downloads");
  await page.getByRole("cell", { name: "7 B" }).waitFor();
  await inspect(page, "downloads");
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "the report.txt" }).click();
  expect(readFileSync(await (await download).path(), "utf8")).toBe("of 2026");
});
