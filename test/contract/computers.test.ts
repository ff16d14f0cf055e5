import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VitrineError } from "../../src/contract/errors.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
beforeAll(async () => {
  service = await startService(dir);
});
afterAll(async () => {
  const { body } = await service.call("GET", "/v1/computers");
  for (const { id } of body.data) await service.call("DELETE", `/v1/computers/${id}`);
  await service.close();
  rmSync(dir, { recursive: true });
});
const create = async (body: object = {}) => {
  const answer = await service.call("POST", "/v1/computers", body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
};
const remove = (id: string) => service.call("DELETE", `/v1/computers/${id}`);

describe("create", () => {
  test("answers a running computer with its URLs on the caller's host", async () => {
    const computer = await create({ metadata: { owner: "me" }, network: { host_ports: [8080] } });
    expect(computer).toMatchObject({
      id: expect.stringMatching(/^cmp_[a-z2-7]{12}$/),
      name: expect.stringMatching(/^[a-z]+(-\d+)?$/),
      status: "running",
      template: "browser",
      browser: { mode: "live", viewport: { width: 1280, height: 800 }, status: "ready" },
      network: { mode: "open", host_ports: [8080] },
      metadata: { owner: "me" },
      start_kind: "booted",
      last_error: null,
    });
    expect(computer.cdp_url).toMatch(`${service.url}/v1/computers/${computer.id}/cdp?token=`);
    expect(computer.cdp_ws_url).toMatch(`${service.url.replace("http", "ws")}/v1/computers/${computer.id}/cdp?token=`);
    expect(new URL(computer.live_url).searchParams.get("token")).not.toBe(new URL(computer.live_view_only_url).searchParams.get("token"));
    await remove(computer.id);
  });

  test("a template without a browser has no browser URLs", async () => {
    const computer = await create({ template: "scratch" });
    expect(computer).toMatchObject({ browser: null, cdp_url: null, live_url: null });
    expect((await service.call("GET", `/v1/computers/${computer.id}/screenshot`)).body.error.code).toBe("no_display");
    expect((await service.call("POST", `/v1/computers/${computer.id}/links`, { power: "cdp" })).body.error.code).toBe("no_browser");
    await remove(computer.id);
  });

  test("a name is taken once, also when asked for at the same time", async () => {
    const answers = await Promise.all([1, 2, 3].map(() => service.call("POST", "/v1/computers", { name: "curie" })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.error.code).toBe("name_taken");
    expect((await service.call("GET", "/v1/computers/curie")).body.name).toBe("curie");
    await remove("curie");
    const again = await create({ name: "curie" });
    await remove(again.id);
  });

  test("wait=0 answers in creating; the computer becomes running", async () => {
    const gate = Promise.withResolvers<void>();
    service.fleet.gate = gate.promise;
    const { body } = await service.call("POST", "/v1/computers?wait=0", {});
    service.fleet.gate = null;
    expect(body.status).toBe("creating");
    const changed = await service.call("POST", `/v1/computers/${body.id}/exec`, { command: "true" });
    expect(changed).toMatchObject({ status: 409, body: { error: { code: "wrong_state", details: { status: "creating" } } } });
    gate.resolve();
    const other = await service.call("DELETE", `/v1/computers/${body.id}`);
    expect(other.body.status).toBe("deleted");
  });

  test("an Idempotency-Key makes one computer, and refuses another body", async () => {
    const headers = { "Idempotency-Key": "abc" };
    const [a, b] = await Promise.all([1, 2].map(() => service.call("POST", "/v1/computers", { name: "idem" }, { headers })));
    expect([a?.status, b?.status]).toEqual([201, 201]);
    expect(a?.body.id).toBe(b?.body.id);
    const other = await service.call("POST", "/v1/computers", { name: "other" }, { headers });
    expect(other).toMatchObject({ status: 409, body: { error: { code: "idempotency_conflict" } } });
    await remove("idem");
  });

  test("a failed boot leaves nothing and says why", async () => {
    service.fleet.failBoot = new Error("the kernel did not come up");
    const answer = await service.call("POST", "/v1/computers", { name: "unlucky" });
    service.fleet.failBoot = null;
    expect(answer).toMatchObject({
      status: 500,
      body: { error: { code: "machine_failed", details: { reason: "the kernel did not come up" } } },
    });
    expect((await service.call("GET", "/v1/computers/unlucky")).status).toBe(404);
    const deleted = await service.call("GET", "/v1/computers?status=deleted");
    expect(deleted.body.data[0]).toMatchObject({ name: "unlucky", last_error: { code: "machine_failed" } });
    expect(readdirSync(join(dir, "computers"))).toEqual([]);
  });

  test("a client that goes away before its answer leaves no computer", async () => {
    const gate = Promise.withResolvers<void>();
    service.fleet.gate = gate.promise;
    const abort = new AbortController();
    const call = service.call("POST", "/v1/computers", { name: "abandoned" }, { signal: abort.signal });
    await expect.poll(async () => (await service.call("GET", "/v1/computers/abandoned")).status).toBe(200);
    abort.abort();
    await expect(call).rejects.toThrow();
    service.fleet.gate = null;
    gate.resolve();
    await expect.poll(async () => (await service.call("GET", "/v1/computers/abandoned")).status).toBe(404);
    expect(service.fleet.agents()).toEqual([]);
  });
});

describe("the life of a computer", () => {
  test("stop, start and delete; each repeated is a success", async () => {
    const { id, name, cdp_url } = await create();
    expect((await service.call("POST", `/v1/computers/${id}/stop`, { mode: "shutdown" })).body).toMatchObject({
      status: "stopped",
      browser: { status: "closed" },
    });
    expect((await service.call("POST", `/v1/computers/${id}/stop`, { mode: "shutdown" })).body.status).toBe("stopped");
    expect((await service.call("POST", `/v1/computers/${id}/exec`, { command: "true" })).body.error).toMatchObject({
      code: "wrong_state",
      details: { status: "stopped", needs: "running" },
    });
    const started = await service.call("POST", `/v1/computers/${id}/start`);
    expect(started.body).toMatchObject({ status: "running", cdp_url, stopped_at: null });
    expect((await service.call("POST", `/v1/computers/${id}/start`)).body.status).toBe("running");
    expect((await remove(name)).body.status).toBe("deleted");
    expect((await remove(name)).body).toMatchObject({ id, status: "deleted" });
    expect((await remove(id)).body.status).toBe("deleted");
    expect((await service.call("GET", `/v1/computers/${id}`)).body.status).toBe("deleted");
    expect(existsSync(join(dir, "computers", id))).toBe(false);
  });

  test("exec with start=1 starts a stopped computer", async () => {
    const { id } = await create();
    await service.call("POST", `/v1/computers/${id}/stop`);
    const answer = await service.call("POST", `/v1/computers/${id}/exec?start=1`, { command: "echo up" });
    expect(answer.body).toMatchObject({ exit_code: 0, stdout: "up\n" });
    await remove(id);
  });

  test("a machine that dies leaves an error with its reason, and starts again", async () => {
    const { id } = await create();
    const exec = (command: string) => service.call("POST", `/v1/computers/${id}/exec`, { command });
    const flag = join(dir, "computers", id, "waits");
    const waiting = exec(`touch ${flag}; sleep 30`);
    await expect.poll(() => existsSync(flag)).toBe(true);
    service.fleet.agents()[0]?.kill("SIGKILL");
    expect(await waiting).toMatchObject({
      status: 503,
      body: { error: { code: "machine_exited", message: expect.stringContaining("SIGKILL") } },
    });
    await expect.poll(async () => (await service.call("GET", `/v1/computers/${id}`)).body.status).toBe("error");
    const { body } = await service.call("GET", `/v1/computers/${id}`);
    expect(body.last_error).toMatchObject({ code: "machine_exited", message: expect.stringContaining("SIGKILL") });
    expect((await service.call("POST", `/v1/computers/${id}/start`)).body).toMatchObject({ status: "running", last_error: null });
    await remove(id);
  });

  test("two starts at once: one wins, the other is told the state", async () => {
    const { id } = await create();
    await service.call("POST", `/v1/computers/${id}/stop`, { mode: "shutdown" });
    const gate = Promise.withResolvers<void>();
    service.fleet.gate = gate.promise;
    const first = service.call("POST", `/v1/computers/${id}/start`);
    await expect.poll(async () => (await service.call("GET", `/v1/computers/${id}`)).body.status).toBe("starting");
    expect(await service.call("POST", `/v1/computers/${id}/start`)).toMatchObject({
      status: 409,
      body: { error: { details: { status: "starting" } } },
    });
    service.fleet.gate = null;
    gate.resolve();
    expect((await first).body.status).toBe("running");
    await remove(id);
  });

  test("ttl deletes, and idleness stops or deletes a computer that nobody uses", async () => {
    const short = await create({ ttl_s: 10 });
    expect(Date.parse(short.expires_at) - Date.parse(short.created_at)).toBe(10_000);
    const idle = await create({ idle_timeout_s: 10 });
    const idleAndGone = await create({ idle_timeout_s: 10, idle_action: "delete" });
    const busy = await create({ idle_timeout_s: 10 });
    const exec = service.call("POST", `/v1/computers/${busy.id}/exec`, { command: "sleep 12" });
    await expect
      .poll(async () => (await service.call("GET", `/v1/computers/${short.id}`)).body.status, { timeout: 20_000, interval: 500 })
      .toBe("deleted");
    await expect
      .poll(async () => (await service.call("GET", `/v1/computers/${idle.id}`)).body.status, { timeout: 20_000, interval: 500 })
      .toBe("restorable");
    await expect
      .poll(async () => (await service.call("GET", `/v1/computers/${idleAndGone.id}`)).body.status, { timeout: 20_000, interval: 500 })
      .toBe("deleted");
    expect((await service.call("GET", `/v1/computers/${busy.id}`)).body.status).toBe("running");
    expect((await exec).body.exit_code).toBe(0);
    await Promise.all([remove(idle.id), remove(busy.id)]);
  }, 60_000);
});

describe("a computer whose memory is kept", () => {
  const call = (id: string, verb: string, body?: object) => service.call("POST", `/v1/computers/${id}/${verb}`, body);

  test("stop suspends it, start resumes it; each repeated is a success", async () => {
    const { id, cdp_url } = await create();
    expect((await call(id, "stop")).body).toMatchObject({ status: "restorable", browser: { status: "closed" } });
    expect((await call(id, "stop")).body.status).toBe("restorable");
    expect(existsSync(join(dir, "computers", id, "machine.state"))).toBe(true);
    expect((await call(id, "exec", { command: "true" })).body.error.details).toMatchObject({ status: "restorable", needs: "running" });
    expect((await call(id, "start")).body).toMatchObject({ status: "running", start_kind: "resumed", last_error: null, cdp_url });
    expect(existsSync(join(dir, "computers", id, "machine.state")), "the disk moves on, and the state would not fit it").toBe(false);
    expect((await call(id, "exec", { command: "echo on" })).body.stdout).toBe("on\n");
    await remove(id);
  });

  test("shutting it down while it is suspended gives the memory up", async () => {
    const { id } = await create();
    await call(id, "stop");
    expect((await call(id, "stop", { mode: "shutdown" })).body.status).toBe("stopped");
    expect(existsSync(join(dir, "computers", id, "machine.state"))).toBe(false);
    expect((await call(id, "start")).body).toMatchObject({ status: "running", start_kind: "booted", last_error: null });
    await remove(id);
  });

  test("what cannot be resumed boots from its disks, and says so", async () => {
    const { id } = await create();
    await call(id, "stop");
    service.fleet.failRestore = new VitrineError("machine_failed", { reason: "QEMU is another" });
    const { body } = await call(id, "start");
    service.fleet.failRestore = null;
    expect(body).toMatchObject({ status: "running", start_kind: "booted", last_error: { code: "memory_lost" } });
    expect(body.last_error.message).toContain("QEMU is another");
    await remove(id);
  });

  test("a suspend that fails leaves it running", async () => {
    const { id } = await create();
    service.fleet.failSave = new VitrineError("machine_failed", { reason: "no space" });
    expect((await call(id, "stop")).body.error.code).toBe("machine_failed");
    service.fleet.failSave = null;
    expect((await service.call("GET", `/v1/computers/${id}`)).body.status).toBe("running");
    expect((await call(id, "exec", { command: "echo on" })).body.stdout).toBe("on\n");
    await remove(id);
  });

  test("a machine that ends during its suspend leaves an error, which can be started", async () => {
    const { id } = await create();
    service.fleet.failSave = new VitrineError("machine_failed", { reason: "QEMU is gone" });
    service.fleet.failResume = new VitrineError("machine_failed", { reason: "its control connection is closed" });
    expect((await call(id, "stop")).body.error).toMatchObject({ code: "machine_failed", message: expect.stringContaining("QEMU is gone") });
    service.fleet.failSave = null;
    const { body } = await service.call("GET", `/v1/computers/${id}`);
    expect(body).toMatchObject({
      status: "error",
      last_error: { code: "machine_failed", message: expect.stringContaining("QEMU is gone") },
    });
    expect(service.fleet.agents()).toHaveLength(0);
    expect((await call(id, "start")).body.status).toBe("running");
    await remove(id);
  });
});

describe("forks", () => {
  const fork = (id: string, body: object) => service.call("POST", `/v1/computers/${id}/fork`, body);

  test.each([
    ["running", null, "restored"],
    ["suspended", { mode: "suspend" }, "restored"],
    ["stopped", { mode: "shutdown" }, "booted"],
  ])("a %s computer is copied; each copy has its own name, links and life", async (_, mode, kind) => {
    const parent = await create({ metadata: { team: "a" } });
    if (mode) await service.call("POST", `/v1/computers/${parent.id}/stop`, mode);
    const before = (await service.call("GET", `/v1/computers/${parent.id}`)).body.status;
    const { status, body } = await fork(parent.id, { count: 2, name: "copy" });
    expect(status, JSON.stringify(body)).toBe(201);
    expect(body.data).toMatchObject([
      { name: "copy-1", status: "running", start_kind: kind, metadata: { team: "a" } },
      { name: "copy-2", status: "running", start_kind: kind },
    ]);
    expect(new Set([parent, ...body.data].map(({ cdp_url }) => cdp_url)).size).toBe(3);
    expect((await service.call("GET", `/v1/computers/${parent.id}`)).body.status).toBe(before);
    expect(readdirSync(join(dir, "computers", parent.id)).filter((name) => name.startsWith("fork_") || name === "frozen")).toEqual([]);
    await remove(parent.id);
    for (const { id } of body.data) {
      expect((await service.call("POST", `/v1/computers/${id}/exec`, { command: "echo here" })).body.stdout).toBe("here\n");
      await remove(id);
    }
  });

  test("all are made or none", async () => {
    const parent = await create();
    const other = await create({ name: "pair-2" });
    expect((await fork(parent.id, { count: 3, name: "pair" })).body.error.code).toBe("name_taken");
    service.fleet.failRestore = new VitrineError("machine_failed", { reason: "no room" });
    expect((await fork(parent.id, { count: 2 })).body.error.code).toBe("machine_failed");
    service.fleet.failRestore = null;
    const { data } = (await service.call("GET", "/v1/computers")).body;
    expect(data.map(({ id }: { id: string }) => id).sort()).toEqual([parent.id, other.id].sort());
    await Promise.all([remove(parent.id), remove(other.id)]);
  });

  test("a client that goes away before its answer leaves no copy", async () => {
    const parent = await create();
    const open = Promise.withResolvers<void>();
    service.fleet.gate = open.promise;
    await service.call("POST", `/v1/computers/${parent.id}/stop`, { mode: "shutdown" });
    const abort = new AbortController();
    const forked = service.call("POST", `/v1/computers/${parent.id}/fork`, { count: 2 }, { signal: abort.signal });
    await expect.poll(async () => (await service.call("GET", "/v1/computers?status=creating")).body.data.length).toBe(2);
    abort.abort();
    await expect(forked).rejects.toThrow();
    // The service has heard of that before it answers this.
    await service.call("GET", `/v1/computers/${parent.id}`);
    open.resolve();
    service.fleet.gate = null;
    await expect
      .poll(async () => (await service.call("GET", "/v1/computers")).body.data, { timeout: 20_000 })
      .toMatchObject([{ id: parent.id }]);
    await remove(parent.id);
  });

  test("one that is deleted while it is copied leaves no copy, and is no failure of a machine", async () => {
    const { id } = (await service.call("POST", "/v1/computers", { template: "scratch" })).body;
    await service.call("POST", `/v1/computers/${id}/stop`, { mode: "shutdown" });
    const open = Promise.withResolvers<void>();
    service.fleet.gate = open.promise;
    const forked = service.call("POST", `/v1/computers/${id}/fork`, { count: 2 });
    await expect.poll(async () => (await service.call("GET", "/v1/computers?status=creating")).body.data.length).toBe(2);
    const deleted = service.call("DELETE", `/v1/computers/${id}`);
    await expect.poll(async () => (await service.call("GET", `/v1/computers/${id}`)).body.status).toBe("deleting");
    open.resolve();
    service.fleet.gate = null;
    const { status, body } = await forked;
    expect([status, body.error.code]).toEqual([409, "wrong_state"]);
    expect((await deleted).body.status).toBe("deleted");
    expect((await service.call("GET", "/v1/computers?status=creating")).body.data).toEqual([]);
  });

  test("one that is in error cannot be copied", async () => {
    expect(service.fleet.agents()).toEqual([]);
    const { id } = await create();
    service.fleet.agents()[0]?.kill("SIGKILL");
    await expect.poll(async () => (await service.call("GET", `/v1/computers/${id}`)).body.status).toBe("error");
    expect((await fork(id, {})).body.error).toMatchObject({ code: "wrong_state", details: { status: "error", verb: "fork" } });
    await remove(id);
  });
});

test("lists, newest first, in pages", async () => {
  const made = [];
  for (const name of ["page-a", "page-b", "page-c"]) made.push(await create({ name, template: "scratch" }));
  const first = await service.call("GET", "/v1/computers?template=scratch&limit=2");
  expect(first.body.data.map((c: { name: string }) => c.name)).toEqual(["page-c", "page-b"]);
  const rest = await service.call("GET", `/v1/computers?template=scratch&limit=2&cursor=${first.body.next_cursor}`);
  expect(rest.body).toMatchObject({ data: [{ name: "page-a" }], next_cursor: null });
  expect((await service.call("GET", "/v1/computers?status=stopped")).body.data).toEqual([]);
  for (const { id } of made) await remove(id);
});

test("keys and database are the owner's alone, and no secret is in the log", async () => {
  const computer = await create();
  await service.call("POST", `/v1/computers/${computer.id}/links`, { power: "view" });
  for (const name of ["signing-key", "vitrine.db"]) expect(statSync(join(dir, name)).mode & 0o077).toBe(0);
  const log = service.logged.join("");
  const token = new URL(computer.cdp_url).searchParams.get("token") as string;
  expect(log).toContain(computer.id);
  expect(log).not.toContain(service.apiKey);
  expect(log).not.toContain(token.split(".")[1]);
  const db = readFileSync(join(dir, "vitrine.db"), "latin1") + readFileSync(join(dir, "vitrine.db-wal"), "latin1");
  expect(db).not.toContain(token.split(".")[1]);
  await remove(computer.id);
});
