import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect } from "vitest";
import type { Computer } from "../../src/client/index.ts";
import { rawRequest, UPGRADE } from "../support/raw-request.ts";
import { fault } from "./fault.ts";
import { startedService } from "./started-service.ts";
import { all, asking, type Try } from "./tries.ts";

const service = await startedService({ VITRINE_RAM_FACTOR: "2" });
let ask: ReturnType<typeof asking>;
/** One with a browser, and another, whose tokens are not its. */
let ada: Computer;
let bob: Computer;
beforeAll(async () => {
  ask = asking(service.url);
  ada = await service.vitrine.computers.create({ name: "ada" });
  bob = await service.vitrine.computers.create({ name: "bob", template: "scratch", ram_mb: 512 });
});
afterAll(async () => {
  for (const one of [ada, bob]) await one?.delete();
});

const key = () => ({ Authorization: `Bearer ${service.apiKey}` });
const post = (path: string, body: unknown, headers = {}) =>
  ask(path, {
    method: "POST",
    headers: { ...key(), "Content-Type": "application/json", ...headers },
    body: typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body),
  });
/** Path and query of a URL. */
const within = (url: string) => url.slice(new URL(url).origin.length);
/** Doors of every kind: with the key, without, by a link, and as an upgrade. */
const doors = (): [string, Record<string, string>][] => [
  ["/v1/computers", key()],
  ["/healthz", {}],
  [`${within(ada.cdp_url!).replace("?", "/json/version?")}`, {}],
  [within(ada.cdp_ws_url!), UPGRADE],
  [within(ada.live_url!).replace(/^\/live\/(\w+)\?/, "/v1/computers/$1/display?"), UPGRADE],
];

fault({ id: "B1", what: "Host: evil names, nip.io, none, on HTTP and on upgrades", expected: "403 host_forbidden" }, async () => {
  const welcome = await all(
    /^(200|101)$/,
    doors().map(([path, headers]): Try => [path, () => ask(path, { headers })]),
  );
  const hosts = ["evil.com", "127.0.0.1.nip.io", "localhost.evil.com", "127.0.0.1@evil.com", "[::ffff:7f00:1].evil.com", "10.0.2.2"];
  const refused = await all(
    "403 host_forbidden",
    doors().flatMap(([path, headers]): Try[] => [
      ...hosts.map((Host): Try => [`${Host} at ${path}`, () => ask(path, { headers: { ...headers, Host } })]),
      [`none at ${path}`, () => ask(path, { headers, setHost: false })],
    ]),
  );
  return `${refused}; the service's own Host: ${welcome}`;
});

fault(
  { id: "B2", what: "Origin of another site, null, file, another port", expected: "403 origin_forbidden; none, and its own, are taken" },
  async () => {
    const origins = ["https://evil.com", "http://127.0.0.1.nip.io", "null", "file://", "http://127.0.0.1:1", "http://localhost"];
    const refused = await all(
      "403 origin_forbidden",
      doors().flatMap(([path, headers]) =>
        origins.map((Origin): Try => [`${Origin} at ${path}`, () => ask(path, { headers: { ...headers, Origin } })]),
      ),
    );
    const own = await all(
      /^(200|101)$/,
      doors().map(([path, headers]): Try => [path, () => ask(path, { headers: { ...headers, Origin: service.url } })]),
    );
    return `${refused}; its own: ${own}`;
  },
);

fault(
  { id: "B3", what: "tokens and keys: none, wrong, expired, revoked, another computer's", expected: "401, each time in the same words" },
  async () => {
    const tokenOf = (url: string) => new URL(url).searchParams.get("token")!;
    const good = tokenOf(ada.cdp_url!);
    const [expired, revoked, other] = [
      await ada.links.create("cdp", { ttl_s: 1 }),
      await ada.links.create("cdp"),
      await bob.links.create("files"),
    ];
    await ada.links.revoke(revoked.link_id);
    await sleep(1500);
    const tokens = {
      none: null,
      empty: "",
      wrong: `${good.split(".")[0]}.${"m".repeat(43)}`,
      "a letter short": good.slice(0, -1),
      unknown: `lnk_aaaaaaaaaaaa.${"m".repeat(43)}`,
      expired: expired.token,
      revoked: revoked.token,
      "another computer's": other.token,
    };
    const said = new Set<string>();
    const attempt = async (path: string, token: string | null, headers = {}): Promise<string> => {
      const { status, body } = await rawRequest(service.url, token === null ? path : `${path}?token=${token}`, { headers });
      const { error } = JSON.parse(body);
      delete error.request_id;
      said.add(JSON.stringify(error));
      return `${status} ${error.code}`;
    };
    const id = `/v1/computers/${ada.id}`;
    const refused = await all(
      "401 link_invalid",
      Object.entries(tokens).flatMap(([what, token]): Try[] => [
        [`${what}, HTTP`, () => attempt(`${id}/cdp/json/version`, token)],
        [`${what}, upgrade`, () => attempt(`${id}/cdp`, token, UPGRADE)],
        [`${what}, a computer that is none`, () => attempt("/v1/computers/cmp_aaaaaaaaaaaa/cdp/json/version", token)],
      ]),
    );
    expect([...said]).toHaveLength(1);
    said.clear();
    const keys = [
      "",
      "Bearer",
      "Bearer wrong",
      `Bearer ${service.apiKey}x`,
      `Bearer ${service.apiKey.slice(1)}`,
      `Basic ${service.apiKey}`,
    ];
    const keysRefused = await all(
      "401 unauthorized",
      keys.map((Authorization): Try => [Authorization, () => attempt(`${id}`, null, Authorization && { Authorization })]),
    );
    expect([...said]).toHaveLength(1);
    // What a link does not grant is said to who holds a good one.
    expect(await ask(`${id}/display?token=${good}`, { headers: UPGRADE })).toBe("403 power_missing");
    return `${refused}, ${keysRefused}; one wording of each`;
  },
);

fault(
  {
    id: "B10",
    what: "exec: empty argv, NUL, bad cwd, timeouts, users, signals, a command that is none",
    expected: "400, or exit 127; never 500",
  },
  async () => {
    const exec = `/v1/computers/${bob.id}/exec`;
    const refused = await all("400 invalid_request", [
      ...[
        {},
        { command: "" },
        { argv: [] },
        { argv: ["a\0b"] },
        { command: "true", argv: ["true"] },
        { command: "true", env: { A: "x\0y" } },
        { command: "true", env: { "A=B": "x" } },
        { command: "true", timeout_s: 0 },
        { command: "true", timeout_s: -1 },
        { command: "true", timeout_s: 1e9 },
        { command: "true", cwd: "tmp" },
        { command: "true", cwd: "/tmp/../etc" },
        { command: "true", user: "root;id" },
        { argv: Array(1025).fill("a") },
        { command: "a".repeat(131_073) },
      ].map((body): Try => [JSON.stringify(body).slice(0, 60), () => post(exec, body)]),
      ["signal KILL;rm", () => post(`/v1/computers/${bob.id}/processes/1/signal`, { signal: "KILL;rm" })],
    ]);
    const more = await all(/^4\d\d /, [
      ["missing cwd", () => post(exec, { command: "true", cwd: "/nowhere" })],
      ["unknown user", () => post(exec, { command: "true", user: "nobody-here" })],
      ["a process that is none", () => post(`/v1/computers/${bob.id}/processes/999999/signal`, { signal: "KILL" })],
      ["another's process", () => post(`/v1/computers/${bob.id}/processes/1/signal`, { signal: "KILL" })],
    ]);
    expect(await bob.exec(["no-such-program"])).toMatchObject({ exit_code: 127 });
    expect(await bob.exec("no-such-program")).toMatchObject({ exit_code: 127 });
    return `${refused}, ${more}; command not found: exit 127`;
  },
);

fault(
  {
    id: "B11",
    what: "JSON: wrong types, 50 and 100 000 deep, duplicate keys, 10 MiB + 1, unknown fields, no UTF-8",
    expected: "400 or 413; of two keys the last counts, as everywhere",
  },
  async () => {
    const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    const create = (what: string, body: unknown, headers = {}): Try => [what, () => post("/v1/computers", body, headers)];
    const invalid = await all("400 invalid_request", [
      create("text for a number", { vcpus: "2" }),
      create("a list for an object", { browser: [] }),
      create("null", { name: null }),
      create("an unknown field", { colour: "red" }),
      create("an unknown field inside", { browser: { viewport: { width: 800, height: 600, depth: 24 } } }),
      create("50 deep", `{"metadata":{"a":${deep(50)}}}`),
      create("100 000 deep", `{"metadata":${deep(100_000)}}`),
      create("a prototype", '{"__proto__":{"vcpus":1}}'),
      create("1e999", '{"vcpus":1e999}'),
    ]);
    const none = await all("400 invalid_json", [
      create("half", '{"name":"a"'),
      create("two", "{}{}"),
      create("a comment", "{} // no"),
      create("NaN", '{"vcpus":NaN}'),
      create("a word", '"x"'),
      create("bytes", Buffer.from([0xff, 0xfe, 0x00, 0xd8])),
    ]);
    const large = `{"name":"${"a".repeat(10 * 1024 ** 2 - 11)}"}`;
    const over = await all("413 payload_too_large", [
      create("10 MiB + 1", `${large} `),
      create("a bomb", gzipSync(Buffer.alloc(64 * 1024 ** 2, " ")), { "Content-Encoding": "gzip" }),
    ]);
    expect(large).toHaveLength(10 * 1024 ** 2);
    expect(await post("/v1/computers", large)).toBe("400 invalid_request");
    const twice = await rawRequest(service.url, `/v1/computers/${bob.id}/exec`, {
      method: "POST",
      headers: key(),
      body: '{"command":"echo first","command":"echo last"}',
    });
    expect(JSON.parse(twice.body).stdout).toBe("last\n");
    // What is checked is what is used: a bad one that comes last is refused, whatever came before.
    expect(await post(`/v1/computers/${bob.id}/exec`, '{"command":"true","timeout_s":1,"timeout_s":-1}')).toBe("400 invalid_request");
    expect((await service.vitrine.computers.list()).data).toHaveLength(2);
    return `${invalid}, ${none}, ${over}; of two keys the last; nothing was made`;
  },
);

fault(
  {
    id: "B14",
    what: "names and ids: a/../b, capitals, emoji, 64 letters, NUL, a name that is an id",
    expected: "400 for a name, 404 for an id",
  },
  async () => {
    const names = ["a/../b", "Ada", "😀", "a".repeat(64), "", "-a", "a-", "a.b", "a b", "a\0b", "a\n", "ａ", "..", "cmp_aaaaaaaaaaaa"];
    const refused = await all("400 invalid_request", [
      ...names.map((name): Try => [JSON.stringify(name), () => post("/v1/computers", { name })]),
      ...names.map((name): Try => [`a fork, ${JSON.stringify(name)}`, () => post(`/v1/computers/${bob.id}/fork`, { name })]),
    ]);
    const ids = ["cmp_aaaaaaaaaaaa", "..%2f..%2fetc", "a%00b", "Ada", "%F0%9F%98%80", "a".repeat(64), "a".repeat(3000), "%2e%2e%2fada"];
    const unknown = await all(
      "404 computer_not_found",
      ids.flatMap((id): Try[] => [
        [`GET ${id}`, () => ask(`/v1/computers/${id}`, { headers: key() })],
        [`stop ${id}`, () => post(`/v1/computers/${id}/stop`, {})],
      ]),
    );
    expect(await post("/v1/computers", { name: "ada" })).toBe("409 name_taken");
    return `${refused}, ${unknown}`;
  },
);
