import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { Vitrine } from "../../src/client/index.ts";
import { CDP_PORT, RFB_PORT } from "../../src/contract/guest/protocol.ts";
import type { CreatedKey, CreateKeyInput } from "../../src/contract/keys.ts";
import type { Route } from "../../src/contract/route.ts";
import { ROUTES, type RouteId } from "../../src/contract/routes.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { type Answer, startService, type TestService } from "../support/service.ts";
import { startXvnc, type TestXvnc } from "../unit/display/xvnc.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let xvnc: TestXvnc;
/** As much of Chromium as the API's calls to it need. */
const devtools = createServer((_request, answer) => void answer.end("{}"));
let service: TestService;
const secrets: string[] = [];
const dir = mkdtempSync(join(tmpdir(), "vt-"));
beforeAll(async () => {
  xvnc = await startXvnc({ width: 320, height: 200 });
  await once(devtools.listen(0, "127.0.0.1"), "listening");
  service = await startService(dir, fakeFleet({ [RFB_PORT]: xvnc.port, [CDP_PORT]: (devtools.address() as AddressInfo).port }));
});
afterAll(async () => {
  const { body } = await service.call("GET", "/v1/computers");
  for (const { id } of body.data) await service.call("DELETE", `/v1/computers/${id}`);
  await service.close();
  devtools.close();
  await xvnc.kill();
  rmSync(dir, { recursive: true });
});

interface Person extends CreatedKey {
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Makes a computer; cheap ones fit the quotas of the tests. */
  computer(body?: object): Promise<Answer>;
}
const person = async (input: Partial<CreateKeyInput> = {}): Promise<Person> => {
  const { status, body } = await service.call("POST", "/v1/keys", { name: "somebody", ...input });
  expect(status, JSON.stringify(body)).toBe(201);
  secrets.push(body.key);
  const call: Person["call"] = (method, path, sent, headers = {}) =>
    service.call(method, path, sent, { headers: { Authorization: `Bearer ${body.key}`, ...headers } });
  return { ...body, call, computer: (spec = {}) => call("POST", "/v1/computers", spec) };
};
const code = ({ status, body }: Answer) => [status, body?.error?.code];
/** What the timeline was told of who did what. */
const audits = async (actor?: string) => {
  const { data } = await new Vitrine(service).listEvents({ types: ["audit"], limit: 1000 });
  return data.filter((event) => actor === undefined || event.actor === actor);
};
/** Opens a WebSocket; resolves with its status when it is refused, and with `closed` when it is open. */
const upgrade = (path: string, headers: Record<string, string> = {}) => {
  const ws = new WebSocket(service.url.replace("http", "ws") + path, { headers });
  const closed = new Promise<number>((resolve) => ws.once("close", resolve));
  return new Promise<{ status: number; closed: Promise<number>; end: () => void }>((resolve) => {
    ws.once("open", () => resolve({ status: 101, closed, end: () => ws.terminate() }));
    ws.once("unexpected-response", (_request, response) => {
      resolve({ status: response.statusCode ?? 0, closed, end: () => {} });
      ws.terminate();
    });
    ws.on("error", () => {});
  });
};
const bearer = ({ key }: { key: string }) => ({ Authorization: `Bearer ${key}` });

describe("a key sees its own computers alone", () => {
  let ada: Person;
  let bob: Person;
  // biome-ignore lint/suspicious/noExplicitAny: the API's own JSON.
  let computer: any;
  let ids: Record<string, string>;
  beforeAll(async () => {
    [ada, bob] = [await person({ name: "ada" }), await person({ name: "bob" })];
    computer = (await ada.computer({ name: "adas" })).body;
    const base = `/v1/computers/${computer.id}`;
    const recording = await ada.call("POST", `${base}/recordings`, {});
    await ada.call("POST", `${base}/recordings/${recording.body.id}/stop`);
    const link = await ada.call("POST", `${base}/links`, { power: "view" });
    const snapshot = await ada.call("POST", `${base}/snapshots`, {});
    const process = await ada.call("POST", `${base}/processes`, { command: "sleep 100" });
    ids = {
      rid: recording.body.id,
      link_id: link.body.link_id,
      sid: snapshot.body.id,
      pid: process.body.pid,
      download_id: "YQ",
      target: "AAAA",
      key_id: ada.id,
      port: "80",
      terminal_id: "trm_1_1",
      picture_id: "pic_000000000",
    };
  });

  /** What a call must be sent to be about its computer, and not about its query or body. */
  const INPUTS: Partial<Record<RouteId, { query?: string; body?: unknown }>> = {
    exec: { query: "start=1", body: { command: "true" } },
    execStream: { body: { command: "true" } },
    startProcess: { body: { command: "true" } },
    signalProcess: { body: { signal: "TERM" } },
    readFile: { query: "path=/tmp" },
    writeFile: { query: "path=/tmp/a", body: "a" },
    deleteFile: { query: "path=/tmp/a" },
    listFiles: { query: "path=/tmp" },
    statFile: { query: "path=/tmp" },
    makeDirectory: { body: { path: "/tmp/a" } },
    moveFile: { body: { from: "/tmp/a", to: "/tmp/b" } },
    readArchive: { query: "path=/tmp" },
    writeArchive: { query: "path=/tmp", body: "a" },
    createLink: { body: { power: "view" } },
    publishPort: { body: { port: 80 } },
    actions: { body: { actions: [{ type: "wait", ms: 1 }] } },
    takeControl: { body: { holder: "agent" } },
    markRecording: { body: { title: "a" } },
  };
  const ofComputers = (Object.entries(ROUTES) as [RouteId, Route][]).filter(([, { path }]) => path.includes("{id}"));
  const send = (who: Person, id: RouteId, name: string) => {
    const route: Route = ROUTES[id];
    const path = route.path.replace("{id}", name).replace(/\{(\w+)\}/g, (_, param: string) => ids[param] ?? "?");
    const { query, body } = INPUTS[id] ?? {};
    return who.call(route.method.toUpperCase(), query ? `${path}?${query}` : path, body ?? (route.method === "post" ? {} : undefined));
  };

  test.each(ofComputers.map(([id]) => id))("%s of another key's computer answers 404, by id and by name", async (id) => {
    for (const name of [computer.id, computer.name]) {
      const answer = await send(bob, id, name);
      expect([id, answer.status], JSON.stringify(answer.body)).toEqual([id, 404]);
      expect(answer.body.error.code).toMatch(/^(computer|recording)_not_found$/);
      // It answers as it does to an id that nothing has.
      const unknown = await send(bob, id, name === computer.id ? "cmp_aaaaaaaaaaaa" : "nothing");
      const told = ({ body }: Answer) =>
        JSON.stringify(body.error)
          .replaceAll(/cmp_a{12}|nothing/g, name)
          .replace(/"request_id":"[^"]*"/, "");
      expect(told(answer)).toBe(told(unknown));
    }
  });

  test("every other call is one of these, and shows or does nothing of another key", async () => {
    const others = (Object.keys(ROUTES) as RouteId[]).filter((id) => !ofComputers.some(([known]) => known === id));
    expect(others.sort()).toEqual(
      [
        "createComputer",
        "createKey",
        "createSession",
        "createWebhook",
        "deleteKey",
        "deleteProfile",
        "deleteSession",
        "deleteWebhook",
        "getCapacity",
        "getProfile",
        "getSession",
        "health",
        "listComputers",
        "listEvents",
        "listKeys",
        "listProfiles",
        "listTemplates",
        "listUsage",
        "listWebhooks",
        "metrics",
        "ready",
      ].sort(),
    );
    for (const query of ["", "?status=running", "?limit=200"])
      expect((await bob.call("GET", `/v1/computers${query}`)).body).toEqual({ data: [], next_cursor: null });
    for (const [method, path, body] of [
      ["GET", "/metrics"],
      ["GET", "/v1/keys"],
      ["POST", "/v1/keys", { name: "mine" }],
      ["DELETE", `/v1/keys/${ada.id}`],
      ["DELETE", `/v1/keys/${bob.id}`],
    ] as const)
      expect(code(await bob.call(method, path, body))).toEqual([403, "operator_only"]);
  });

  test("the timeline has its own computers' events alone, as a list and as they come", async () => {
    const mine = async (who: Person, query = "") =>
      new Set(
        (await who.call("GET", `/v1/events?limit=1000${query}`)).body.data.map(
          (event: { computer_id: string | null }) => event.computer_id,
        ),
      );
    expect(await mine(ada)).toEqual(new Set([computer.id]));
    expect(await mine(bob)).toEqual(new Set());
    const after = (await new Vitrine(service).listEvents({ limit: 1000 })).data.at(-1)!.id;
    const follower = new Vitrine({ url: service.url, apiKey: bob.key }).events({ after });
    const first = follower.next();
    await ada.call("POST", `/v1/computers/${computer.id}/exec`, { command: "true" });
    const { id } = (await bob.computer()).body;
    expect((await first).value).toMatchObject({ type: "computer.status", computer_id: id, data: { status: "creating" } });
    await follower.return(undefined);
    await bob.call("DELETE", `/v1/computers/${id}`);
    expect(await mine(bob, `&after=${after}`)).toEqual(new Set([id]));
    expect((await bob.call("GET", `/v1/computers/${id}/events`)).status).toBe(200);
  });

  test("WebSockets, pages and files of another key's computer", async () => {
    for (const path of [`/v1/computers/${computer.id}/display`, `/v1/computers/${computer.name}/cdp`])
      expect((await upgrade(path, bearer(bob))).status).toBe(404);
    expect((await bob.call("GET", `/live/${computer.id}/state`)).status).toBe(404);
    expect((await bob.call("GET", `/recordings/${ids.rid}`)).status).toBe(404);
    expect((await bob.call("POST", `/live/${computer.id}/control?viewer=abcdefgh`)).status).toBe(404);
  });

  test("the key that made it, and the operator's, see all of it", async () => {
    for (const who of [ada, { ...ada, call: (m: string, p: string, b?: unknown) => service.call(m, p, b) }]) {
      expect((await who.call("GET", "/v1/computers")).body.data.map(({ id }: { id: string }) => id)).toEqual([computer.id]);
      for (const id of [
        "getComputer",
        "exec",
        "statFile",
        "listRecordings",
        "getRecording",
        "recordingVideo",
        "screenshot",
        "getProcess",
      ] as const)
        expect([id, (await send(who, id, computer.name)).status]).toEqual([id, 200]);
    }
    const { status, end } = await upgrade(`/v1/computers/${computer.id}/display`, bearer(ada));
    expect(status).toBe(101);
    end();
  });

  test("a name is taken for all, because it is a host name; one that is free again shows nothing of who had it", async () => {
    expect(code(await bob.computer({ name: "adas" }))).toEqual([409, "name_taken"]);
    const { id } = (await ada.computer({ name: "shared" })).body;
    const { body } = await ada.call("POST", `/v1/computers/${id}/recordings`, {});
    await ada.call("DELETE", `/v1/computers/${id}`);
    for (const [method, path] of [
      ["DELETE", "/v1/computers/shared"],
      ["GET", "/v1/computers/shared/recordings"],
      ["GET", `/v1/computers/${id}`],
      ["GET", `/v1/computers/${id}/recordings/${body.id}`],
    ] as const) {
      const answer = await bob.call(method, path);
      expect([path, answer.status]).toEqual([path, 404]);
    }
    const deleted = async (who: Person) =>
      (await who.call("GET", "/v1/computers?status=deleted")).body.data.map((one: { id: string }) => one.id);
    expect([(await deleted(ada)).includes(id), (await deleted(bob)).includes(id)]).toEqual([true, false]);
    const bobs = (await bob.computer({ name: "shared" })).body;
    // Each has its own that had the name.
    expect((await ada.call("DELETE", "/v1/computers/shared")).body).toMatchObject({ id, status: "deleted" });
    expect((await ada.call("GET", "/v1/computers/shared/recordings")).body.data).toMatchObject([{ id: body.id }]);
    expect((await bob.call("DELETE", "/v1/computers/shared")).body).toMatchObject({ id: bobs.id, status: "deleted" });
  });

  test("an Idempotency-Key is each key's own", async () => {
    const headers = { "Idempotency-Key": "once" };
    const make = (who: Person, body: object) => who.call("POST", "/v1/computers", body, headers);
    const [one, two] = [await make(ada, { name: "first" }), await make(bob, { name: "second" })];
    expect([one.status, two.status]).toEqual([201, 201]);
    expect((await make(ada, { name: "first" })).body.id).toBe(one.body.id);
    expect(code(await make(ada, { name: "other" }))).toEqual([409, "idempotency_conflict"]);
    for (const { body } of [one, two]) await service.call("DELETE", `/v1/computers/${body.id}`);
  });
});

describe("quotas", () => {
  const refused = (answer: Answer) => {
    expect(code(answer), JSON.stringify(answer.body)).toEqual([403, "quota_exceeded"]);
    return answer.body.error;
  };

  test("computers: ten creates at once make as many as are allowed, and a deleted one makes room", async () => {
    const who = await person({ max_computers: 2 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => who.computer()));
    const made = answers.filter(({ status }) => status === 201);
    expect(made).toHaveLength(2);
    for (const answer of answers.filter((one) => !made.includes(one)))
      expect(refused(answer)).toMatchObject({ details: { limit: 2, wanted: 3 }, message: expect.stringContaining("may have 2 computers") });
    refused(await who.call("POST", `/v1/computers/${made[0]!.body.id}/fork`, { count: 1 }));
    await who.call("DELETE", `/v1/computers/${made[0]!.body.id}`);
    expect((await who.computer()).status).toBe(201);
    const { body } = await service.call("GET", "/v1/keys");
    expect(body.data.find(({ id }: { id: string }) => id === who.id)).toMatchObject({
      max_computers: 2,
      usage: { computers: 2, vcpus: 4, ram_mb: 4096, disk_mb: 151_552, recording_mb: 0 },
    });
    for (const { id } of (await who.call("GET", "/v1/computers")).body.data) await who.call("DELETE", `/v1/computers/${id}`);
  });

  test.each([
    ["max_vcpus", 3, { vcpus: 2 }],
    ["max_ram_mb", 1500, { ram_mb: 1024 }],
  ])("%s: of what is not stopped, at create, start and fork", async (limit, most, spec) => {
    const who = await person({ [limit]: most });
    const { id } = (await who.computer(spec)).body;
    const path = `/v1/computers/${id}`;
    refused(await who.computer(spec));
    refused(await who.call("POST", `${path}/fork`, { count: 1 }));
    await who.call("POST", `${path}/stop`, { mode: "shutdown" });
    // It is stopped, so another one may run; then it may not be started, in neither way.
    const other = (await who.computer(spec)).body;
    refused(await who.call("POST", `${path}/start`));
    refused(await who.call("POST", `${path}/exec?start=1`, { command: "true" }));
    expect((await who.call("GET", path)).body.status).toBe("stopped");
    await who.call("POST", `/v1/computers/${other.id}/stop`);
    const starts = await Promise.all([path, `/v1/computers/${other.id}`].map((one) => who.call("POST", `${one}/start`)));
    expect(starts.map(({ status }) => status).sort()).toEqual([200, 403]);
    for (const one of [id, other.id]) await who.call("DELETE", `/v1/computers/${one}`);
  });

  test("disk: of all, stopped or not; a fork of two counts twice, and makes nothing when it is too much", async () => {
    const who = await person({ max_disk_mb: 30_000 });
    const { id } = (await who.computer({ disk_size_mb: 8_192, workspace_quota_mb: 2_048 })).body;
    await who.call("POST", `/v1/computers/${id}/stop`, { mode: "shutdown" });
    refused(await who.call("POST", `/v1/computers/${id}/fork`, { count: 2 }));
    expect((await who.call("GET", "/v1/computers")).body.data).toHaveLength(1);
    const copies = await who.call("POST", `/v1/computers/${id}/fork`, { count: 1 });
    expect(copies.status).toBe(201);
    refused(await who.computer({ disk_size_mb: 8_192, workspace_quota_mb: 2_048 }));
    for (const one of [id, copies.body.data[0].id]) await who.call("DELETE", `/v1/computers/${one}`);
  });

  test("recordings: none begins when there is no room", async () => {
    const who = await person({ max_recording_mb: 0 });
    const { id } = (await who.computer({ record_video: true })).body;
    expect(refused(await who.call("POST", `/v1/computers/${id}/recordings`, {})).message).toContain("0 MiB of recordings");
    expect((await who.call("GET", `/v1/computers/${id}/recordings`)).body.data).toEqual([]);
    await who.call("DELETE", `/v1/computers/${id}`);
  });

  test("the operator has none", async () => {
    const who = await person({ max_computers: 1, max_vcpus: 2 });
    const { id } = (await who.computer()).body;
    const copies = await service.call("POST", `/v1/computers/${id}/fork`, { count: 2 });
    expect(copies.status).toBe(201);
    // What the operator makes is the operator's.
    for (const copy of copies.body.data) expect((await who.call("GET", `/v1/computers/${copy.id}`)).status).toBe(404);
    for (const one of [id, ...copies.body.data.map((copy: { id: string }) => copy.id)])
      await service.call("DELETE", `/v1/computers/${one}`);
  });
});

describe("rates", () => {
  test("a key that asks too often is told when it may again; others go on", async () => {
    const who = await person({ requests_per_minute: 3 });
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await who.call("GET", "/v1/computers"));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    expect(answers[4]!.body.error).toMatchObject({ code: "rate_limited", message: expect.stringContaining("3 requests a minute") });
    expect(Number(answers[4]!.headers.get("retry-after"))).toBe(answers[4]!.body.error.details.retry_after_s);
    expect((await upgrade("/v1/computers/cmp_aaaaaaaaaaaa/display", bearer(who))).status).toBe(429);
    expect((await service.call("GET", "/v1/computers")).status).toBe(200);
  });

  test("who guesses a key's secret is stopped, and is one event; another key from the same address goes on", async () => {
    const [who, other] = [await person(), await person()];
    const wrong = { Authorization: `Bearer ${who.key.slice(0, -1)}${who.key.endsWith("A") ? "B" : "A"}` };
    const statuses = [];
    for (let i = 0; i < 40; i++) statuses.push((await service.call("GET", "/v1/computers", undefined, { headers: wrong })).status);
    expect(statuses.slice(0, 30)).toEqual(Array(30).fill(401));
    expect(statuses).toContain(429);
    // The right one is not tried meanwhile either.
    expect(code(await who.call("GET", "/v1/computers"))).toEqual([429, "rate_limited"]);
    expect((await other.call("GET", "/v1/computers")).status).toBe(200);
    const told = (await audits()).filter(({ data }) => data.action === "refused" && data.claim === who.id);
    expect(told).toMatchObject([{ actor: null, computer_id: null, data: { code: "unauthorized", address: "127.0.0.1" } }]);
  });

  test("so is who guesses a link's token", async () => {
    const who = await person();
    const { body } = await who.computer();
    const { token } = (await who.call("POST", `/v1/computers/${body.id}/links`, { power: "view" })).body;
    const open = (text: string) => fetch(`${service.url}/live/${body.id}/state?token=${text}`);
    const statuses = [];
    for (let i = 0; i < 40; i++) {
      const answer = await open(`${token.slice(0, -1)}${i % 10}x`);
      await answer.body?.cancel();
      statuses.push(answer.status);
    }
    expect(statuses.slice(0, 30)).toEqual(Array(30).fill(401));
    expect((await open(token)).status).toBe(429);
    const own = await open(new URL(body.live_url).searchParams.get("token") ?? "");
    expect(own.status).toBe(200);
    await own.body?.cancel();
    await who.call("DELETE", `/v1/computers/${body.id}`);
  });
});

describe("the end of a key", () => {
  /** All that somebody may have open; each resolves when it has ended. */
  const openAll = async (who: Person, computer: { id: string; live_view_only_url: string }) => {
    const base = `/v1/computers/${computer.id}`;
    const stream = await fetch(`${service.url}${base}/exec/stream`, {
      method: "POST",
      headers: bearer(who),
      body: JSON.stringify({ command: "echo on; sleep 600", timeout_s: 600 }),
    });
    const state = await fetch(`${service.url}/live/${computer.id}/state`, { headers: bearer(who) });
    const stateByLink = await fetch(`${service.url}/live/${computer.id}/state${new URL(computer.live_view_only_url).search}`);
    const byKey = await upgrade(`${base}/display`, bearer(who));
    const byLink = await upgrade(`${base}/display${new URL(computer.live_view_only_url).search}`);
    expect([stream.status, state.status, byKey.status, byLink.status]).toEqual([200, 200, 101, 101]);
    const end = async ({ body }: Response) => {
      try {
        for await (const _ of body!);
        return "ended";
      } catch {
        return "cut";
      }
    };
    return [end(stream), end(state), end(stateByLink), byKey.closed, byLink.closed] as const;
  };

  test("revoking ends what is open, and its links and videos; the computer stays, for the operator", async () => {
    const who = await person({ name: "leaver" });
    const computer = (await who.computer({ name: "left" })).body;
    const base = `/v1/computers/${computer.id}`;
    const { id: rid } = (await who.call("POST", `${base}/recordings`, {})).body;
    const { video_url } = (await who.call("POST", `${base}/recordings/${rid}/stop`)).body;
    expect((await fetch(video_url)).status).toBe(200);
    const mine = await service.call("POST", "/v1/computers", {});
    const operators = await upgrade(`/v1/computers/${mine.body.id}/display`, { Authorization: `Bearer ${service.apiKey}` });

    const open = await openAll(who, computer);
    expect((await service.call("DELETE", `/v1/keys/${who.id}`)).status).toBe(204);
    expect(await Promise.all(open)).toEqual(["cut", "ended", "ended", 1001, 4003]);
    expect(code(await who.call("GET", "/v1/computers"))).toEqual([401, "unauthorized"]);
    expect((await upgrade(`${base}/display${new URL(computer.live_url).search}`)).status).toBe(401);
    expect((await fetch(video_url)).status).toBe(401);

    // The operator has it, with URLs that work.
    const left = (await service.call("GET", base)).body;
    expect(left).toMatchObject({ name: "left", status: "running" });
    const again = await upgrade(`${base}/display${new URL(left.live_url).search}`);
    expect(again.status).toBe(101);
    again.end();
    expect((await fetch((await service.call("GET", `${base}/recordings/${rid}`)).body.video_url)).status).toBe(200);
    operators.end();
    for (const one of [computer.id, mine.body.id]) await service.call("DELETE", `/v1/computers/${one}`);

    expect((await service.call("DELETE", `/v1/keys/${who.id}`)).status).toBe(204);
    const { body } = await service.call("GET", "/v1/keys");
    expect(body.data.find(({ id }: { id: string }) => id === who.id)).toMatchObject({ name: "leaver", revoked_at: expect.any(String) });
  });

  test("so does its time", async () => {
    const who = await person({ expires_in_s: 15 });
    const computer = (await who.computer()).body;
    expect(await Promise.all(await openAll(who, computer))).toEqual(["cut", "ended", "ended", 1001, 4003]);
    expect((await who.call("GET", "/v1/computers")).status).toBe(401);
    await service.call("DELETE", `/v1/computers/${computer.id}`);
  });

  test.each(["key_aaaaaaaaaaaa", "KEY", "..%2f"])("a key that is none: %s", async (id) =>
    expect(code(await service.call("DELETE", `/v1/keys/${id}`))).toEqual([404, "key_not_found"]),
  );
});

describe("the timeline", () => {
  test("has each use of power, with who, where and what, and nothing of queries and bodies", async () => {
    const who = await person();
    const { body: computer } = await who.computer();
    const base = `/v1/computers/${computer.id}`;
    await who.call("POST", `${base}/exec`, { command: "echo not-told" });
    await who.call("PUT", `${base}/files?path=/tmp/not-told`, "not-told");
    await who.call("GET", `${base}/files?path=/tmp/not-told`);
    await who.call("GET", `${base}/files/archive?path=/tmp/not-told`);
    await who.call("GET", `${base}/logs?source=console`);
    await who.call("GET", `${base}/screenshot`);
    await who.call("POST", `${base}/actions`, { actions: [{ type: "wait", ms: 1 }] });
    const { body: link } = await who.call("POST", `${base}/links`, { power: "control" });
    const { body: recording } = await who.call("POST", `${base}/recordings`, {});
    const { body: stopped } = await who.call("POST", `${base}/recordings/${recording.id}/stop`);
    await who.call("GET", `${base}/recordings/${recording.id}/video`);
    for (const range of ["bytes=0-9", "bytes=10-19"]) await (await fetch(stopped.video_url, { headers: { range } })).arrayBuffer();
    (await upgrade(`${base}/display`, bearer(who))).end();
    (await upgrade(`${base}/display?token=${link.token}`)).end();
    await service.call("POST", `/live/${computer.id}/control?viewer=abcdefgh&token=${link.token}`, undefined, {
      headers: { Authorization: "" },
    });
    await who.call("POST", `${base}/fork`, { count: 0 });
    await who.call("POST", `${base}/fork`, { count: 1, name: computer.name });
    await who.call("DELETE", `${base}/links/${link.link_id}`);
    // Neither takes anything out of the computer.
    await who.call("GET", base);
    await who.call("GET", `${base}/recordings`);
    await who.call("DELETE", base);

    const of = async (actor: string) => (await audits(actor)).map(({ computer_id, data }) => [computer_id, data]);
    expect(await of(who.id)).toEqual(
      [
        { action: "createComputer", made: [computer.id] },
        { action: "exec" },
        { action: "writeFile" },
        { action: "readFile" },
        { action: "readArchive" },
        { action: "readLog" },
        { action: "screenshot" },
        { action: "actions" },
        { action: "createLink", made: [link.link_id] },
        { action: "startRecording", made: [recording.id] },
        { action: "stopRecording", path: { rid: recording.id } },
        { action: "recordingVideo", path: { rid: recording.id } },
        { action: "display" },
        { action: "forkComputer", code: "name_taken" },
        { action: "deleteLink", path: { link_id: link.link_id } },
        { action: "deleteComputer" },
      ].map((data) => [computer.id, data]),
    );
    expect(await of(link.link_id)).toEqual([
      [computer.id, { action: "display" }],
      [computer.id, { action: "takeControl" }],
    ]);
    // A player's many pieces are one use.
    expect(await of(recording.id)).toEqual([[computer.id, { action: "recordingVideo", path: { rid: recording.id } }]]);
    expect(JSON.stringify(await audits())).not.toContain("not-told");
  });

  test("has what DevTools is asked to do, and connections to it, but no discovery", async () => {
    const who = await person();
    const { body: computer } = await who.computer();
    const base = `/v1/computers/${computer.id}/cdp`;
    const token = new URL(computer.cdp_url).searchParams.get("token") ?? "";
    for (const path of ["/json/version/", "/json", "/json/list"]) await who.call("GET", base + path);
    for (const [method, path] of [
      ["PUT", "/json/new?http://not-told/"],
      ["GET", "/json/activate/AAAA"],
      ["GET", "/json/close/AAAA"],
    ] as const)
      await who.call(method, base + path);
    await who.call("PUT", `${base}/json/new?token=${token}`);
    const socket = await upgrade(base, bearer(who));
    socket.end();
    const of = async (actor: string) => (await audits(actor)).map(({ computer_id, data }) => [computer_id, data.action]);
    const [made, ...used] = await of(who.id);
    expect(made).toEqual([computer.id, "createComputer"]);
    expect(used).toEqual(["cdpNew", "cdpActivate", "cdpClose", "cdp"].map((action) => [computer.id, action]));
    expect(await of(token.split(".")[0] ?? "")).toEqual([[computer.id, "cdpNew"]]);
    expect(JSON.stringify(await audits())).not.toContain("not-told");
    await who.call("DELETE", `/v1/computers/${computer.id}`);
  });

  test("has the making and revoking of keys, and what was tried with another key's computer", async () => {
    const [ada, bob] = [await person(), await person()];
    const { id } = (await ada.computer()).body;
    await bob.call("POST", `/v1/computers/${id}/exec`, { command: "true" });
    await service.call("DELETE", `/v1/keys/${bob.id}`);
    expect((await audits("operator")).map(({ data }) => data)).toEqual(
      expect.arrayContaining([
        { action: "createKey", made: [ada.id] },
        { action: "deleteKey", path: { key_id: bob.id } },
      ]),
    );
    // It is no event of a computer that it does not see.
    expect(await audits(bob.id)).toMatchObject([{ computer_id: null, data: { action: "exec" } }]);
    await ada.call("DELETE", `/v1/computers/${id}`);
  });
});

test.each([
  ["no name", {}],
  ["an empty name", { name: " " }],
  ["two lines", { name: "a\nb" }],
  ["an escape sequence for an owner", { name: "a", owner: "\u001b[2J" }],
  ["a quota below nothing", { name: "a", max_computers: -1 }],
  ["half a computer", { name: "a", max_computers: 0.5 }],
  ["no requests", { name: "a", requests_per_minute: 0 }],
  ["an expiry that is over", { name: "a", expires_in_s: 0 }],
  ["an unknown field", { name: "a", scopes: ["all"] }],
])("a key with %s is refused", async (_what, body) =>
  expect(code(await service.call("POST", "/v1/keys", body))).toEqual([400, "invalid_request"]),
);

test("the client makes, lists and revokes keys, and works with one", async () => {
  const { keys } = new Vitrine(service);
  const made = await keys.create({ name: "by the client", owner: "web team", max_computers: 1 });
  secrets.push(made.key);
  const computer = await new Vitrine({ url: service.url, apiKey: made.key }).computers.create();
  const listed = (await keys.list())[0]!;
  expect(listed).toMatchObject({ id: made.id, name: "by the client", owner: "web team", revoked_at: null, usage: { computers: 1 } });
  expect(listed).not.toHaveProperty("key");
  expect(listed).not.toHaveProperty("secret_hash");
  await keys.revoke(made.id);
  await expect(computer.exec("true")).rejects.toMatchObject({ code: "unauthorized" });
  await new Vitrine(service).computers.delete(computer.id);
});

test("no key is in the log or in the store", () => {
  expect(secrets.length).toBeGreaterThan(10);
  const kept = [
    service.logged.join(""),
    ...readdirSync(dir)
      .filter((name) => name.startsWith("vitrine.db"))
      .map((name) => readFileSync(join(dir, name), "latin1")),
  ];
  for (const text of kept) for (const key of secrets) expect(text.includes(key.slice(-32))).toBe(false);
});
