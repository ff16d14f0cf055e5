import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ERRORS } from "../../src/contract/errors.ts";
import { rawRequest, UPGRADE as ws } from "../support/raw-request.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
// biome-ignore lint/suspicious/noExplicitAny: the API's own JSON.
let computer: any;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
beforeAll(async () => {
  service = await startService(dir);
  computer = (await service.call("POST", "/v1/computers", {})).body;
});
afterAll(async () => {
  await service.call("DELETE", `/v1/computers/${computer.id}`);
  await service.close();
  rmSync(dir, { recursive: true });
});

const raw = (path: string, headers: Record<string, string>, method = "GET", setHost = true) =>
  rawRequest(service.url, path, { headers, method, setHost });
const expectRefusal = ({ status, body }: { status: number; body: unknown }, code: string) => {
  const { error } = (typeof body === "string" ? JSON.parse(body) : body) as { error: { code: keyof typeof ERRORS; message: string } };
  expect({ status, code: error.code }).toEqual({ status: ERRORS[error.code][0], code });
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expect(error.message).not.toMatch(/\?\.|\[object/);
};

describe("bodies", () => {
  test.each([
    ["a name with capitals", { name: "Einstein" }],
    ["a name that climbs", { name: "a/../b" }],
    ["an emoji for a name", { name: "😀" }],
    ["a name of 64 letters", { name: "a".repeat(64) }],
    ["an unknown field", { colour: "red" }],
    ["an unknown field inside", { browser: { viewport: { width: 800, height: 600, depth: 24 } } }],
    ["text for a number", { vcpus: "2" }],
    ["half a cpu", { vcpus: 1.5 }],
    ["no cpu", { vcpus: 0 }],
    ["17 cpus", { vcpus: 17 }],
    ["too little memory", { ram_mb: 511 }],
    ["an unknown template", { template: "windows" }],
    ["a viewport of nothing", { browser: { viewport: { width: 0, height: 0 } } }],
    ["a file URL", { browser: { url: "file:///etc/passwd" } }],
    ["a time zone that is none", { browser: { timezone: "Mars/Olympus" } }],
    ["a header smuggled into the user agent", { browser: { user_agent: "a\r\nX: b" } }],
    ["port 0", { network: { host_ports: [0] } }],
    ["port 65536", { network: { host_ports: [65536] } }],
    ["an address among the names", { network: { mode: "restricted", allow: ["10.0.0.1"] } }],
    ["a number for a name", { network: { deny: ["2130706433"] } }],
    ["a star inside a name", { network: { deny: ["a.*.test"] } }],
    ["a URL for a name", { network: { deny: ["https://a.test/"] } }],
    ["a name with port 0", { network: { deny: ["a.test:0"] } }],
    ["1001 names", { network: { deny: Array(1001).fill("a.test") } }],
    ["an address without a length", { network: { deny_cidrs: ["10.0.0.1"] } }],
    ["a length of 33", { network: { deny_cidrs: ["10.0.0.0/33"] } }],
    ["a mapped range", { network: { deny_cidrs: ["::ffff:10.0.0.0/104"] } }],
    ["names that are allowed in mode open", { network: { allow: ["a.test"] } }],
    ["ranges that are allowed in mode off", { network: { mode: "off", allow_cidrs: ["10.0.0.0/8"] } }],
    ["a proxy by https", { browser: { proxy: { server: "https://a.test:443" } } }],
    ["a proxy with a password in its URL", { browser: { proxy: { server: "http://a:b@a.test:3128" } } }],
    ["a proxy in a private network", { browser: { proxy: { server: "http://10.0.0.1:3128" } } }],
    ["a proxy at an address in hexadecimal", { browser: { proxy: { server: "http://0x7f000001:3128" } } }],
    ["a proxy on the loopback, at a port that is not named", { browser: { proxy: { server: "http://127.0.0.1:3128" } } }],
    ["a ttl of 0", { ttl_s: 0 }],
    ["a ttl of -1", { ttl_s: -1 }],
    ["a ttl of 1e9", { ttl_s: 1e9 }],
    ["an environment variable that is none", { env: { "A B": "x" } }],
    ["NUL in the environment", { env: { A: "x\0y" } }],
    ["a list for a body", []],
    ["null for metadata", { metadata: null }],
  ])("create refuses %s", async (_what, body) => expectRefusal(await service.call("POST", "/v1/computers", body), "invalid_request"));

  test("what this release cannot do is said, not ignored", async () => {
    expectRefusal(await service.call("POST", `/v1/computers/${computer.id}/stop`, { mode: "sleep" }), "invalid_request");
    for (const body of [{ count: 0 }, { count: 65 }, { count: 1.5 }, { count: "2" }, { name: "Upper" }, { copies: 2 }])
      expectRefusal(await service.call("POST", `/v1/computers/${computer.id}/fork`, body), "invalid_request");
  });

  test.each([
    ["neither command nor argv", {}],
    ["both command and argv", { command: "a", argv: ["a"] }],
    ["an empty argv", { argv: [] }],
    ["NUL in the command", { command: "a\0b" }],
    ["a timeout of 0", { command: "true", timeout_s: 0 }],
    ["a timeout of -1", { command: "true", timeout_s: -1 }],
    ["a timeout of 1e9", { command: "true", timeout_s: 1e9 }],
    ["a relative cwd", { command: "true", cwd: "tmp" }],
    ["a cwd that climbs", { command: "true", cwd: "/tmp/../etc" }],
    ["a user that is a command", { command: "true", user: "root;id" }],
  ])("exec refuses %s", async (_what, body) =>
    expectRefusal(await service.call("POST", `/v1/computers/${computer.id}/exec`, body), "invalid_request"),
  );

  test("a signal that is none", async () =>
    expectRefusal(await service.call("POST", `/v1/computers/${computer.id}/processes/1/signal`, { signal: "KILL;rm" }), "invalid_request"));
  test("JSON that is none", async () => expectRefusal(await service.call("POST", "/v1/computers", "{"), "invalid_json"));
  test("text that is valid JSON but no object", async () =>
    expectRefusal(await service.call("POST", "/v1/computers", '"x"'), "invalid_json"));
  test("more than 10 MiB", async () =>
    expectRefusal(await service.call("POST", "/v1/computers", `{"name":"${"a".repeat(10 * 1024 * 1024)}"}`), "payload_too_large"));
  test("an Idempotency-Key with a space", async () =>
    expectRefusal(await service.call("POST", "/v1/computers", {}, { headers: { "Idempotency-Key": "a b" } }), "invalid_request"));
});

describe("paths and queries", () => {
  test.each([
    ["an unknown id", "/v1/computers/cmp_aaaaaaaaaaaa", "computer_not_found"],
    ["an id that climbs", "/v1/computers/..%2f..%2fetc", "computer_not_found"],
    ["NUL in an id", "/v1/computers/a%00b", "computer_not_found"],
    ["an escape that is none", "/v1/computers/%zz", "invalid_request"],
    ["a path that climbs out", "/v1/computers/../../etc/passwd", "route_not_found"],
    ["an unknown path", "/v2/computers", "route_not_found"],
    ["an unknown query field", "/v1/computers?colour=red", "invalid_request"],
    ["a limit of 0", "/v1/computers?limit=0", "invalid_request"],
    ["a status that is none", "/v1/computers?status=happy", "invalid_request"],
    ["a cursor of our own making", "/v1/computers?cursor=!!!", "invalid_request"],
  ])("%s", async (_what, path, code) => expectRefusal(await raw(path, { Authorization: `Bearer ${service.apiKey}` }), code));

  test.each([
    ["a path that climbs", "path=/home/../etc/shadow"],
    ["an escaped path that climbs", "path=%2fhome%2f%2e%2e%2fetc"],
    ["a relative path", "path=etc/passwd"],
    ["NUL", "path=/tmp/a%00b"],
    ["no path", ""],
    ["two paths", "path=/a&path=/b"],
    ["5000 letters", `path=/${"a".repeat(5000)}`],
  ])("files refuse %s", async (_what, query) =>
    expectRefusal(await service.call("GET", `/v1/computers/${computer.id}/files?${query}`), "invalid_request"),
  );

  test("a method that the path does not take", async () =>
    expectRefusal(await service.call("PATCH", "/v1/computers"), "method_not_allowed"));
});

describe("who is asking", () => {
  test.each([
    ["no key", {}],
    ["a wrong key", { Authorization: "Bearer wrong" }],
    ["another scheme", { Authorization: "Basic d3Jvbmc=" }],
  ])("%s", async (_what, headers) => expectRefusal(await raw("/v1/computers", headers as Record<string, string>), "unauthorized"));

  const key = () => ({ Authorization: `Bearer ${service.apiKey}` });
  test.each(["evil.example", "127.0.0.1.nip.io", "localhost.evil.example", "127.0.0.1@evil.example"])("Host %s", async (host) => {
    expectRefusal(await raw("/v1/computers", { ...key(), Host: host }), "host_forbidden");
    expectRefusal(await raw("/healthz", { Host: host }), "host_forbidden");
  });
  test("no Host at all", async () => expectRefusal(await raw("/v1/computers", key(), "GET", false), "host_forbidden"));
  test.each(["https://evil.example", "null", "file://", "http://127.0.0.1:1"])("Origin %s", async (origin) => {
    expectRefusal(await raw("/v1/computers", { ...key(), Origin: origin }), "origin_forbidden");
    expectRefusal(await raw("/healthz", { Origin: origin }), "origin_forbidden");
  });
  test("localhost, its names, and the own origin are welcome", async () => {
    const { host, port } = new URL(service.url);
    for (const name of [host, `localhost:${port}`, `a.localhost:${port}`])
      expect((await raw("/healthz", { Host: name, Origin: `http://${name}` })).status).toBe(200);
  });

  const token = (url: string) => new URL(url).searchParams.get("token");
  test("upgrades: foreign Host, foreign Origin, unknown paths, no token, wrong tokens", async () => {
    const cdp = `/v1/computers/${computer.id}/cdp`;
    const good = token(computer.cdp_url);
    expectRefusal(await raw(`${cdp}?token=${good}`, { ...ws, Host: "evil.example" }), "host_forbidden");
    expectRefusal(await raw(`${cdp}?token=${good}`, { ...ws, Origin: "https://evil.example" }), "origin_forbidden");
    expectRefusal(await raw(`/v1/computers/${computer.id}/shell?token=${good}`, ws), "route_not_found");
    expectRefusal(await raw(cdp, ws), "link_invalid");
    expectRefusal(await raw(`${cdp}?token=${good}x`, ws), "link_invalid");
    expectRefusal(await raw(`${cdp}?token=lnk_aaaaaaaaaaaa.x`, ws), "link_invalid");
    expectRefusal(await raw(`${cdp}?token=${token(computer.live_url)}`, ws), "power_missing");
    expectRefusal(await raw(`/v1/computers/${computer.id}/display?token=${good}`, ws), "power_missing");
    expectRefusal(await raw(`/v1/computers/cmp_aaaaaaaaaaaa/cdp?token=${good}`, ws), "link_invalid");
  });
  test("another computer's token opens neither HTTP nor WebSocket", async () => {
    const other = (await service.call("POST", "/v1/computers", {})).body;
    expectRefusal(await raw(`/v1/computers/${computer.id}/cdp/json/version?token=${token(other.cdp_url)}`, {}), "link_invalid");
    expectRefusal(await raw(`/v1/computers/${computer.id}/cdp?token=${token(other.cdp_url)}`, ws), "link_invalid");
    expectRefusal(await raw(`/live/${computer.id}/state?token=${token(other.live_url)}`, {}), "link_invalid");
    await service.call("DELETE", `/v1/computers/${other.id}`);
  });
});
