import { createServer as createTcp } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Computer } from "../../src/client/index.ts";
import { probes } from "../support/egress-probes.ts";
import { type EgressWorld, NO_EVENT, startEgressWorld, tryProbes } from "../support/egress-world.ts";
import type { FakeInternet } from "../support/internet.ts";

let world: EgressWorld;
let internet: FakeInternet;
let computer: Computer;
beforeAll(async () => {
  world = await startEgressWorld();
  ({ internet, computer } = world);
});
afterAll(() => world?.close());

test("what root in a restricted computer tries is refused, each with its event", async () => {
  const list = probes(world.aims);
  expect(list.length).toBeGreaterThanOrEqual(60);
  const table = await tryProbes(computer, list);
  console.table(table);
  expect(table.filter(({ reached }) => reached !== false)).toEqual([]);
  expect(table.filter(({ rule }) => rule === NO_EVENT)).toEqual([]);
  // Nothing but what is allowed was dialled, and no question of another name left the host.
  expect(internet.dialled.filter((address) => !/^(93\.184\.216\.34|93\.184\.216\.36|2606:2800:220:1::34):/.test(address))).toEqual([]);
  expect(internet.asked.filter((question) => /tunnel|other|^wild/.test(question))).toEqual([]);
});

test("what is allowed works for programs without a proxy setting, and for the browser", async () => {
  const run = async (command: string) => {
    const { stdout, stderr, exit_code } = await computer.exec(command, { user: "root", timeout_s: 200 });
    return { stdout, stderr, exit_code };
  };
  expect(await run("curl -sS --max-time 60 http://allowed.example/page")).toMatchObject({ stdout: "web allowed.example /page" });
  expect(await run("curl -sSk --max-time 60 https://allowed.example/")).toMatchObject({ stdout: "secure allowed.example" });
  expect(await run("curl -sS --max-time 60 http://sub.wild.example/x")).toMatchObject({ stdout: "web sub.wild.example /x" });
  expect(await run("curl -sS6 --max-time 60 http://allowed.example/six")).toMatchObject({ stdout: "web allowed.example /six" });
  expect(await run("bash -c 'exec 3<>/dev/tcp/greeter.example/25; cat <&3'")).toMatchObject({ stdout: "220 greetings\r\n" });
  expect(await run("git ls-remote http://allowed.example/repository")).toMatchObject({
    stdout: expect.stringContaining("refs/heads/main"),
  });
  const sources = "echo 'deb [trusted=yes] http://allowed.example/apt ./' > /tmp/sources";
  const apt = "apt-get -o Dir::Etc::sourcelist=/tmp/sources -o Dir::Etc::sourceparts=/nothing update";
  expect(await run(`${sources}; ${apt} 2>&1`)).toMatchObject({ exit_code: 0, stdout: expect.stringContaining("Reading package lists") });

  const browser = await computer.connectPlaywright({ timeout: 120_000 });
  const page = browser.contexts()[0]!.pages()[0]!;
  await page.goto("http://allowed.example/from-chromium", { timeout: 120_000 });
  expect(await page.textContent("body")).toBe("web allowed.example /from-chromium");
  expect(await page.evaluate("navigator.onLine")).toBe(true);
  await expect(page.goto("http://other.example/", { timeout: 120_000 })).rejects.toThrow(/ERR_NAME_NOT_RESOLVED/);
  await browser.close();

  const { traffic } = await computer.egress.get();
  const counted = traffic.find(({ name }) => name === "allowed.example");
  expect(counted!.connections).toBeGreaterThanOrEqual(5);
  expect(counted!.received_bytes).toBeGreaterThan(500);
});

test("no page drives its own browser, or sees the display, from inside", async () => {
  await computer.exec("nohup python3 -m http.server 8000 --bind 127.0.0.1 > /dev/null 2>&1 &");
  const browser = await computer.connectPlaywright({ timeout: 120_000 });
  const page = browser.contexts()[0]!.pages()[0]!;
  await computer.exec("curl -s -o /dev/null --retry 60 --retry-connrefused --retry-delay 1 http://127.0.0.1:8000/", { timeout_s: 90 });
  expect((await page.goto("http://127.0.0.1:8000/", { timeout: 120_000 }))?.status()).toBe(200);
  const tried = await page.evaluate(`(async () => {
    const fetched = (url, options) => fetch(url, { mode: "no-cors", ...options }).then(() => "reached", () => "refused");
    const socket = (url) => new Promise((resolve) => {
      const one = new WebSocket(url);
      one.onopen = () => resolve("reached");
      one.onerror = () => resolve("refused");
    });
    return {
      own: await fetched("http://127.0.0.1:8000/"),
      devtools: await fetched("http://127.0.0.1:9222/json/version"),
      byName: await fetched("http://localhost:9222/json/list"),
      bySix: await fetched("http://[::ffff:127.0.0.1]:9222/json/list"),
      newTab: await fetched("http://127.0.0.1:9222/json/new?about:blank", { method: "PUT" }),
      browser: await socket("ws://127.0.0.1:9222/devtools/browser"),
      display: await socket("ws://127.0.0.1:5900/"),
    };
  })()`);
  expect(tried).toEqual({
    own: "reached",
    devtools: "refused",
    byName: "refused",
    bySix: "refused",
    newTab: "refused",
    browser: "refused",
    display: "refused",
  });
  await expect(page.goto("http://127.0.0.1:9222/json/version")).rejects.toThrow(/ERR_CONNECTION/);
  await browser.close();
  // A program of the user's may, with a Host and an Origin that Chromium itself checks.
  const asked = (headers: string) =>
    computer.exec(`curl -s -o /dev/null -w '%{http_code}' ${headers} http://127.0.0.1:9222/json/version`).then(({ stdout }) => stdout);
  expect(await asked("")).toBe("200");
  expect(await asked("-H 'Host: evil.example'")).toBe("500");
  await computer.exec("pkill -f 'http.server 8000'");
});

test("a change of the policy holds at once, and ends what it no longer allows", async () => {
  const slow = createTcp((socket) => {
    socket.on("error", () => {});
    socket.write("open\n");
  });
  await world.put(slow, "93.184.216.36", 7);
  const run = computer.exec("bash -c 'exec 3<>/dev/tcp/greeter.example/7; cat <&3; echo ended'", { timeout_s: 120 });
  await expect.poll(() => internet.dialled.includes("93.184.216.36:7"), { timeout: 60_000 }).toBe(true);
  await computer.egress.set({ allow: ["allowed.example"] });
  expect((await run).stdout).toMatch(/ended/);
  expect((await computer.exec("curl -sS --max-time 30 http://greeter.example/", { timeout_s: 60 })).exit_code).not.toBe(0);
  expect((await computer.exec("curl -sS --max-time 30 http://allowed.example/", { timeout_s: 60 })).exit_code).toBe(0);

  await computer.egress.set({ mode: "open", allow: [] });
  expect((await computer.exec("curl -sS --max-time 30 http://other.example/o", { timeout_s: 60 })).stdout).toBe("web other.example /o");
  expect((await computer.exec("curl -sS --max-time 30 http://169.254.169.254/", { timeout_s: 60 })).exit_code).not.toBe(0);
  await computer.egress.set({ mode: "off" });
  expect((await computer.exec("curl -sS --max-time 30 http://allowed.example/", { timeout_s: 60 })).exit_code).not.toBe(0);
});
