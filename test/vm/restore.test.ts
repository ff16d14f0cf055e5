import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from "node:net";
import { chromium, type Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Computer } from "../../src/client/index.ts";
import { keepPicture, vitrine } from "./shared.ts";

/** Logs in whoever asks for /login, tells who is logged in elsewhere, and the headers that came. */
let site: Server;
let sitePort: number;
/** Takes TLS hellos and keeps the random numbers in them. */
let tls: TcpServer;
let tlsPort: number;
const randoms: string[] = [];
const seen: Record<string, unknown>[] = [];

beforeAll(async () => {
  site = createServer((request, response) => {
    seen.push(request.headers);
    if (request.url === "/login") response.setHeader("Set-Cookie", `user=ada${Math.random()}; Path=/`);
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(`<!doctype html><title>site</title><body style="background:#2b8a3e"><p id=who>${request.headers.cookie ?? "nobody"}`);
  });
  tls = createTcp((socket) => {
    socket.on("error", () => {});
    socket.once("data", (hello) => {
      randoms.push(hello.subarray(11, 43).toString("hex"));
      socket.destroy();
    });
  });
  for (const server of [site, tls]) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  sitePort = (site.address() as AddressInfo).port;
  tlsPort = (tls.address() as AddressInfo).port;
});
afterAll(() => {
  site.closeAllConnections();
  site.close();
  tls.close();
});

const siteUrl = (path = "/") => `http://host.vitrine.internal:${sitePort}${path}`;
const firstPage = async (computer: Computer): Promise<Page> => {
  const browser = await chromium.connectOverCDP(computer.cdp_url!, { timeout: 120_000 });
  const page = browser.contexts()[0]!.pages()[0]!;
  page.setDefaultTimeout(120_000);
  return page;
};
/** Begins a TLS connection, which is then refused. */
const hello = (page: Page) => page.evaluate(`fetch("https://host.vitrine.internal:${tlsPort}/").catch(() => {})`);
const leave = (page: Page) => page.context().browser()!.close();
const identity = async (computer: Computer) =>
  (
    await computer.exec("hostname; cat /etc/machine-id; head -c 16 /dev/urandom | base64; python3 -c 'import uuid; print(uuid.uuid4())'", {
      timeout_s: 120,
    })
  ).stdout
    .trim()
    .split("\n");
/** How far the computer's clock is from the host's at the most, in milliseconds: the call's own time is not its fault. */
const clockError = async (computer: Computer): Promise<number> => {
  const before = Date.now();
  const guest = Number((await computer.exec(["date", "+%s%3N"])).stdout);
  return Math.max(before - guest, guest - Date.now(), 0);
};

test("a computer with every option of a session is restored with all of them in force, in the Chromium that was there", async () => {
  const computer = await vitrine.computers.create({
    network: { host_ports: [sitePort] },
    disk_size_mb: 12288,
    browser: {
      viewport: { width: 1100, height: 700 },
      timezone: "Asia/Tokyo",
      locale: "cs-CZ",
      user_agent: "Vitrine/test (X11)",
      geolocation: { latitude: 50.0755, longitude: 14.4378 },
      extra_headers: { "X-Team": "a" },
      url: siteUrl("/first"),
    },
  });
  expect(computer.start_kind).toBe("restored");
  expect(Object.keys(computer.ready_phases!)).toEqual(
    expect.arrayContaining(["spawn", "qmp", "load", "resume", "agent", "identity", "options"]),
  );
  const page = await firstPage(computer);
  await page.waitForURL(siteUrl("/first"));
  const inPage = await page.evaluate(`new Promise((done) => navigator.geolocation.getCurrentPosition(({ coords }) => done({
    latitude: coords.latitude, zone: Intl.DateTimeFormat().resolvedOptions().timeZone, locale: Intl.DateTimeFormat().resolvedOptions().locale,
    languages: navigator.languages.join(), agent: navigator.userAgent }), () => done({ refused: true, zone: Intl.DateTimeFormat().resolvedOptions().timeZone, languages: navigator.languages.join(), agent: navigator.userAgent, locale: Intl.DateTimeFormat().resolvedOptions().locale })))`);
  // Geolocation is for secure pages alone, which this one is not.
  expect(inPage).toMatchObject({
    zone: "Asia/Tokyo",
    locale: "cs-CZ",
    languages: expect.stringMatching(/^cs-CZ/),
    agent: "Vitrine/test (X11)",
  });
  expect(seen.at(-1)).toMatchObject({
    "x-team": "a",
    "user-agent": "Vitrine/test (X11)",
    "accept-language": expect.stringMatching(/^cs-CZ/),
  });
  const fresh = await page.context().newPage();
  await fresh.goto(siteUrl("/second"));
  expect(seen.at(-1)).toMatchObject({ "x-team": "a", "user-agent": "Vitrine/test (X11)" });
  await fresh.close();
  await leave(page);

  const picture = await computer.screenshot();
  keepPicture("restored-with-options.png", picture);
  const { width, height } = await sharp(picture).metadata();
  expect([width, height]).toEqual([1100, 700]);
  const facts = (
    await computer.exec("date +%Z; df --output=size -BM / | tail -1 | tr -dc 0-9; echo; cat /run/vitrine/chromium.starts")
  ).stdout.split("\n");
  expect(facts[0]).toBe("JST");
  expect(Number(facts[1])).toBeGreaterThan(11_000);
  expect(facts[2]).toBe("1");
  await computer.delete();
});

test("suspend and resume: pages, processes and files are where they were, behind the same URLs; the clock is right", async () => {
  const computer = await vitrine.computers.create({ network: { host_ports: [sitePort] } });
  const { cdp_url } = computer;
  const page = await firstPage(computer);
  await page.goto(siteUrl("/login"));
  await page.evaluate("globalThis.kept = 42");
  await computer.exec("echo in-memory > /dev/shm/kept");
  const job = await computer.processes.start("sleep 1000");
  await computer.stop();
  expect(computer).toMatchObject({ status: "restorable", browser: { status: "closed" } });
  await computer.start();
  expect(computer).toMatchObject({ status: "running", start_kind: "resumed", last_error: null, cdp_url });
  expect(await clockError(computer)).toBeLessThan(500);
  expect((await computer.exec("cat /dev/shm/kept")).stdout).toBe("in-memory\n");
  expect(await computer.processes.get(job.pid)).toMatchObject({ running: true });
  const again = await firstPage(computer);
  expect(await again.evaluate("kept")).toBe(42);
  await again.goto(siteUrl("/"));
  expect(await again.locator("#who").textContent()).toMatch(/^user=ada/);
  await leave(again);
  await computer.delete();
});

test("forks of a logged-in browser are logged in, and nobody else's twins", async () => {
  const computer = await vitrine.computers.create({ network: { host_ports: [sitePort, tlsPort] } });
  const page = await firstPage(computer);
  await page.goto(siteUrl("/login"));
  await page.goto(siteUrl("/"));
  const user = await page.locator("#who").textContent();
  // A first connection, so that the browser's generator has been seeded before the fork.
  await hello(page);
  await leave(page);
  randoms.length = 0;

  const forks = await computer.fork({ count: 3 });
  const all = [computer, ...forks];
  const identities: string[][] = [];
  for (const one of all) {
    expect(one.status).toBe("running");
    expect(await clockError(one)).toBeLessThan(500);
    identities.push(await identity(one));
    const open = await firstPage(one);
    await open.reload();
    expect(await open.locator("#who").textContent()).toBe(user);
    await hello(open);
    await leave(open);
  }
  for (let field = 0; field < 4; field++)
    expect(new Set(identities.map((values) => values[field])).size, `field ${field}`).toBe(all.length);
  expect(identities.map(([name]) => name)).toEqual(all.map(({ name }) => name));
  expect(randoms.length).toBeGreaterThanOrEqual(all.length);
  expect(new Set(randoms).size).toBe(randoms.length);
  for (const one of all) await one.delete();
});
