import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Computer } from "../../src/client/index.ts";
import { onFirstPage } from "../support/first-page.ts";
import { vitrine } from "./shared.ts";

/** Sets a cookie for the session and one for a year on /login, and remembers the cookies that came to each path. */
let site: Server;
let port: number;
const seen: { path: string; cookie: string }[] = [];
beforeAll(async () => {
  site = createServer((request, response) => {
    if (request.url !== "/favicon.ico") seen.push({ path: String(request.url), cookie: request.headers.cookie ?? "" });
    if (request.url === "/login")
      response.setHeader("Set-Cookie", ["session=ada; Path=/; HttpOnly", "remember=ada; Path=/; Max-Age=31536000"]);
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end("<!doctype html><title>site</title><p>site");
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  port = (site.address() as AddressInfo).port;
});
afterAll(() => {
  site.closeAllConnections();
  site.close();
});

const url = (path: string) => `http://host.vitrine.internal:${port}${path}`;
const make = async (browser: object): Promise<Computer> => {
  const computer = await vitrine.computers.create({ browser, network: { host_ports: [port] } });
  onTestFinished(() => computer.delete());
  return computer;
};
const cookiesAt = (path: string) => seen.filter((one) => one.path === path).map(({ cookie }) => cookie.split("; ").sort().join(" "));
const crashes = async (computer: Computer) => (await computer.listEvents({ types: ["browser.crashed", "profile.failed"] })).data;

test("what a browser knows goes to the next computer that has its profile, for whom the session's options are in force", async () => {
  const first = await make({ profile: "shop" });
  await onFirstPage(first, async (page) => {
    await page.goto(url("/login"));
    await page.evaluate(`localStorage.setItem("cart", "3")`);
  });
  await first.delete();
  expect(await crashes(first)).toEqual([]);

  const second = await make({ profile: "shop", url: url("/first"), timezone: "Asia/Tokyo", extra_headers: { "x-who": "second" } });
  await expect.poll(() => cookiesAt("/first"), { timeout: 120_000 }).toEqual(["remember=ada session=ada"]);
  const found = await onFirstPage(second, async (page) => {
    expect(page.context().pages()).toHaveLength(1);
    await page.waitForURL(url("/first"));
    return page.evaluate(`[localStorage.getItem("cart"), Intl.DateTimeFormat().resolvedOptions().timeZone]`);
  });
  expect(found).toEqual(["3", "Asia/Tokyo"]);

  // A suspend keeps what Chromium has not written down yet, and Chromium goes on.
  await onFirstPage(second, (page) => page.evaluate(`document.cookie = "late=yes; Path=/"`));
  await second.stop();
  await second.start();
  await onFirstPage(second, async (page) => expect(await page.evaluate("document.cookie")).toContain("late=yes"));
  await second.stop();
  await second.delete();
  expect(await crashes(second)).toEqual([]);

  const reader = await make({ profile: { name: "shop", save: false } });
  await onFirstPage(reader, (page) => page.goto(url("/reader")));
  expect(cookiesAt("/reader")).toEqual(["late=yes remember=ada session=ada"]);
});

test("a headless one has it too, and keeps it over a shutdown; whenever it starts, its first page is seen with it", async () => {
  const booted = await make({ profile: "shop", url: url("/booted"), mode: "headless", viewport: { width: 800, height: 600 } });
  await expect.poll(() => cookiesAt("/booted"), { timeout: 120_000 }).toEqual(["late=yes remember=ada session=ada"]);
  await booted.stop({ mode: "shutdown" });
  const saved = (await vitrine.profiles.get("shop")).saved_at;
  await booted.start();
  expect(booted.start_kind).toBe("booted");
  await expect.poll(() => cookiesAt("/booted").length, { timeout: 120_000 }).toBe(2);
  await booted.delete();
  expect((await vitrine.profiles.get("shop")).saved_at > saved).toBe(true);
  await vitrine.profiles.delete("shop");
});
