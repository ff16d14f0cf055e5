import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttp, type Server as HttpServer } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, createServer as createTcp, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Computer, Vitrine } from "../../src/client/index.ts";
import type { Event } from "../../src/contract/events.ts";
import { type Service, serve } from "../../src/server/main.ts";
import { readConfig } from "../../src/server/setup/config.ts";
import { fakeInternet } from "../support/internet.ts";
import { TEST_TLS } from "../support/tls.ts";
import { probes } from "./probes.ts";

const PROBES = readFileSync(new URL("probes.py", import.meta.url), "utf8");
const PICTURES = join(tmpdir(), "vitrine-test-pictures");

/** The world: servers on this host's loopback, found by the names and addresses of the stand-in internet. */
const internet = fakeInternet();
const dataDir = mkdtempSync(join(tmpdir(), "vt-"));
const servers: Server[] = [];
let service: Service;
let vitrine: Vitrine;
let computer: Computer;
let secretPort: number;

const listen = async (server: Server): Promise<number> => {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
};

const OTHER = "93.184.216.35";

const REDIRECTS: Record<string, string> = {
  "/to-metadata": "http://169.254.169.254/latest/meta-data/",
  "/to-gateway": "http://10.0.2.2/",
  "/to-other": "http://other.example/",
  // By then the name has another address.
  "/turn": "http://turning.example/turned",
};
const PAGES: Record<string, string> = {
  // A repository and a package index that need no program on the server's side.
  "/repository/info/refs": "0123456789012345678901234567890123456789\trefs/heads/main\n",
  "/apt/Packages": "",
};

beforeAll(async () => {
  const web = createHttp((request, response) => {
    const path = new URL(request.url ?? "/", "http://web").pathname;
    if (path === "/turn") internet.name("turning.example", ["169.254.169.254"]);
    const location = REDIRECTS[path];
    if (location) return response.writeHead(302, { location }).end();
    const page = PAGES[path];
    if (/^\/(repository|apt)\//.test(path) && page === undefined) return response.writeHead(404).end();
    response.end(page ?? `web ${request.headers.host} ${request.url}`);
  });
  const secure = createHttps(TEST_TLS, (request, response) => void response.end(`secure ${request.headers.host}`));
  const greeter = createTcp((socket) => {
    socket.on("error", () => {});
    socket.end("220 greetings\r\n");
  });
  const one = "93.184.216.34";
  const two = "93.184.216.36";
  const six = "2606:2800:220:1::34";
  const at = (server: Server, address: string, port: number, ...names: string[]) => {
    if (!servers.includes(server)) servers.push(server);
    return internet.put(server, address, port, ...names);
  };
  await at(web, one, 80, "allowed.example", "sub.wild.example", "wild.example", "turning.example");
  await at(secure, one, 443);
  await at(web, six, 80, "allowed.example");
  for (const address of [OTHER, "2606:2800:220:1::35", "93.184.216.33"]) {
    await at(web, address, 80);
    await at(secure, address, 443);
  }
  internet.name("other.example", [OTHER]);
  await at(greeter, two, 25, "greeter.example", "ported.example");
  await at(web, two, 80);
  await at(web, two, 8080);
  internet.name("rebind.example", ["127.0.0.1"]);
  internet.name("metadata.example", ["169.254.169.254"]);
  internet.name("private.example", ["10.0.0.5"]);
  internet.name("mapped.example", ["::ffff:169.254.169.254"], "AAAA");
  secretPort = await listen(createHttp((_request, response) => void response.end("the host's secret")));
  service = await serve(
    { ...readConfig(process.env), listen: { host: "127.0.0.1", port: 0 }, dataDir },
    { internet, log: pino({ level: "info" }, pino.destination(join(PICTURES, "egress-service.log"))) },
  );
  vitrine = new Vitrine(service);
  computer = await vitrine.computers.create({
    network: {
      mode: "restricted",
      allow: [
        "allowed.example",
        "*.wild.example",
        "greeter.example",
        "ported.example:80",
        "rebind.example",
        "metadata.example",
        "private.example",
        "mapped.example",
        "turning.example",
      ],
    },
  });
});
afterAll(async () => {
  for await (const one of vitrine.computers.all()) await one.delete();
  await service.close();
  for (const server of servers) {
    if ("closeAllConnections" in server) (server as HttpServer).closeAllConnections();
    server.close();
  }
  rmSync(dataDir, { recursive: true });
});

const refusals = async (): Promise<Event[]> => {
  const found: Event[] = [];
  let after: number | undefined;
  for (;;) {
    const page = await computer.listEvents({ types: ["egress.refused"], limit: 200, ...(after !== undefined && { after }) });
    found.push(...page.data);
    if (page.data.length === 0) return found;
    after = page.data.at(-1)!.id;
  }
};

test("what root in a restricted computer tries is refused, each with its event", async () => {
  const list = probes({ servicePort: Number(new URL(service.url).port), secretPort });
  expect(list.length).toBeGreaterThanOrEqual(60);
  await computer.files.write("/tmp/probes.py", PROBES);
  const ran = await computer.exec(["python3", "/tmp/probes.py"], {
    user: "root",
    stdin: JSON.stringify(list.map(({ do: verb, with: args }) => ({ do: verb, with: args }))),
    timeout_s: 500,
  });
  expect(ran.stderr).toBe("");
  const said = ran.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { reached: boolean; said: string });
  const told = await refusals();
  const table = list.map((probe, at) => {
    const { event } = probe;
    const match = event && told.find(({ data }) => Object.entries(event).every(([key, value]) => data[key] === value));
    return { title: probe.title, ...said[at], rule: match?.data.rule ?? (event === null ? "stays in the guest" : "NO EVENT") };
  });
  console.table(table);
  expect(table.filter(({ reached }) => reached !== false)).toEqual([]);
  expect(table.filter(({ rule }) => rule === "NO EVENT")).toEqual([]);
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
  servers.push(slow);
  await internet.put(slow, "93.184.216.36", 7);
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
