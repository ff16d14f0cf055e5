import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Vitrine } from "../../src/client/index.ts";
import type { ExecSpec } from "../../src/contract/guest/protocol.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
let path: string;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
const guestRun = join(dir, "guest-run");
/** As which user the guest was asked to read. */
const users: unknown[] = [];
const fleet = fakeFleet();

beforeAll(async () => {
  const { openGuest } = fleet;
  // The guest's folder of logs is one of this host's; the real agent reads it, as whoever runs the test.
  fleet.openGuest = (link, secret) => {
    const guest = openGuest(link, secret);
    const exec = (spec: ExecSpec, signal: AbortSignal) => {
      if (!spec.argv?.includes("/run/vitrine")) return guest.exec(spec, signal);
      users.push(spec.user);
      const argv = spec.argv.map((arg) => (arg === "/run/vitrine" ? guestRun : arg));
      return guest.exec({ ...spec, argv, user: userInfo().username } as ExecSpec, signal);
    };
    return Object.create(guest, { exec: { value: exec } });
  };
  for (const name of ["chromium", "agent"]) mkdirSync(join(guestRun, "log", `${name}.d`), { recursive: true });
  writeFileSync(join(guestRun, "chromium.log"), "first\n");
  const chromium = join(guestRun, "log/chromium.d");
  writeFileSync(join(chromium, "@400000000000000a.s"), "second\n");
  writeFileSync(join(chromium, "@400000000000000b.s"), "third\n");
  writeFileSync(join(chromium, "current"), "fourth <script>\n");
  writeFileSync(join(chromium, "config"), "s65536\n");
  writeFileSync(join(guestRun, "log/agent.d/current"), "a".repeat(300_000));
  service = await startService(dir, fleet);
  const { body } = await service.call("POST", "/v1/computers", { template: "scratch", name: "einstein" });
  path = `/v1/computers/${body.id}`;
});
afterAll(async () => {
  await service.call("DELETE", path);
  await service.close();
  rmSync(dir, { recursive: true });
});
const log = (query = "") => service.call("GET", `${path}/logs${query}`);

test("a service's log: what was set aside and what is written now, in order, as text that no browser renders", async () => {
  const { status, body, headers } = await log("?source=chromium");
  expect([status, body]).toEqual([200, "first\nsecond\nthird\nfourth <script>\n"]);
  expect(headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(headers.get("content-disposition")).toContain("attachment");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect((await log("?source=chromium&tail_bytes=9")).body).toBe("<script>\n");
  expect(new Set(users)).toEqual(new Set(["root"]));
});

test("is bounded", async () => {
  expect((await log("?source=agent")).body).toHaveLength(64 * 1024);
  expect((await log("?source=agent&tail_bytes=262144")).body).toHaveLength(256 * 1024);
  for (const query of ["?tail_bytes=0", "?tail_bytes=262145", "?tail_bytes=x", "?source=../../etc/passwd", "?source=kernel", "?a=b"])
    expect([query, (await log(query)).body.error?.code]).toEqual([query, "invalid_request"]);
});

test("a service that the computer lacks", async () => {
  const { status, body } = await log("?source=xvnc");
  expect([status, body.error.code]).toEqual([404, "file_not_found"]);
});

test("the console, and all of it from the client", async () => {
  fleet.console = "Linux version\r\nlogin: ä";
  expect((await log()).body).toBe(fleet.console);
  expect((await log("?tail_bytes=9")).body).toBe("login: ä");
  const computer = await new Vitrine(service).computers.get("einstein");
  expect(await computer.logs()).toBe(fleet.console);
  expect(await computer.logs("chromium", { tailBytes: 9 })).toBe("<script>\n");
  await expect(computer.logs("openbox")).rejects.toMatchObject({ code: "file_not_found" });
});

test("a stopped computer has none", async () => {
  await service.call("POST", `${path}/stop`, { mode: "shutdown" });
  for (const source of ["console", "agent"]) {
    const { status, body } = await log(`?source=${source}`);
    expect([status, body.error.code, body.error.details]).toEqual([
      409,
      "wrong_state",
      { status: "stopped", verb: "logs", needs: "running" },
    ]);
  }
  await service.call("POST", `${path}/start`);
  expect((await log("?source=chromium&tail_bytes=9")).status).toBe(200);
});
