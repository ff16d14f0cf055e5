import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Vitrine } from "../../src/client/index.ts";
import type { Resources } from "../../src/server/capacity/resources.ts";
import type { Limits } from "../../src/server/setup/limits.ts";
import { type FakeFleet, fakeFleet } from "../support/fake-machine.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
let fleet: FakeFleet;
let dir: string;
const PLENTY: Resources = { ramMb: 100_000, ramAvailableMb: 100_000, cpus: 8, diskMb: 1_000_000, diskFreeMb: 1_000_000 };
let host: Resources;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "vt-"));
  fleet = fakeFleet();
  host = { ...PLENTY };
});
afterEach(async () => {
  for (const { id } of (await service.call("GET", "/v1/computers")).body.data) await service.call("DELETE", `/v1/computers/${id}`);
  expect((await service.call("GET", "/v1/capacity")).body.computers.used).toBe(0);
  await service.close();
  rmSync(dir, { recursive: true });
});
const begin = async (limits: Partial<Limits>) => {
  service = await startService(dir, fleet, {
    config: { limits },
    host: { meter: { resources: () => host, ownMb: () => 0, cpuS: () => 0 } },
  });
};
const create = (body: object = {}, query = "") => service.call("POST", `/v1/computers${query}`, { template: "scratch", ...body });
const capacity = async () => (await service.call("GET", "/v1/capacity")).body;

test("what there is, what is taken, how many more fit and what runs out first", async () => {
  host = { ramMb: 16_000, ramAvailableMb: 15_000, cpus: 2, diskMb: 100_000, diskFreeMb: 50_000 };
  await begin({ vcpuFactor: 4, ramReserveMb: 1000, diskReserveMb: 2000, computers: 20, creates: 3, createsWaiting: 5 });
  expect(await capacity()).toEqual({
    computers: { total: 20, used: 0, free: 20 },
    ram_mb: { total: 16_000, used: 2000, free: 14_000 },
    vcpus: { total: 8, used: 0, free: 8 },
    disk_mb: { total: 100_000, used: 52_000, free: 48_000 },
    fits: 4,
    limited_by: "vcpus",
    queue: { running: 0, waiting: 0, max_running: 3, max_waiting: 5 },
  });
  const { body } = await create({ vcpus: 1, ram_mb: 1900 });
  expect(await capacity()).toMatchObject({ computers: { used: 1 }, ram_mb: { free: 12_000 }, vcpus: { used: 1 }, fits: 3 });
  // One that is stopped runs on nothing.
  await service.call("POST", `/v1/computers/${body.id}/stop`);
  expect(await capacity()).toMatchObject({ computers: { used: 0 }, fits: 4 });
  expect(await new Vitrine(service).capacity()).toEqual(await capacity());
});

test.each([
  ["memory", { ramAvailableMb: 2000 }, {}, "ram", /2148 MiB of memory are needed and 1488 are/],
  ["processors", { cpus: 1 }, { vcpuFactor: 1 }, "vcpus", /2 virtual processors are asked for and 1 are left/],
  ["disk", { diskFreeMb: 2100 }, {}, "disk", /256 MiB of disk are needed and 52 are free/],
])("a host without %s refuses, and makes nothing", async (_what, less, limits, constraint, message) => {
  Object.assign(host, less);
  await begin(limits);
  const { status, body, headers } = await create();
  expect([status, body.error.code, body.error.details.limit, headers.get("retry-after")]).toEqual([
    429,
    "capacity_exceeded",
    constraint,
    "10",
  ]);
  expect(body.error.message).toMatch(message);
  expect(fleet.agents()).toEqual([]);
  expect((await service.call("GET", "/v1/computers")).body.data).toEqual([]);
});

test("of 100 creates at once on a host for ten, ten are made, the rest may come again, none is half made; a delete makes room, a start needs it", async () => {
  await begin({ computers: 10, creates: 2 });
  const answers = await Promise.all(Array.from({ length: 100 }, () => create()));
  const made = answers.filter(({ status }) => status === 201);
  expect(made).toHaveLength(10);
  for (const { status, body, headers } of answers)
    if (status !== 201) expect([status, body.error.code, headers.get("retry-after")]).toEqual([429, "capacity_exceeded", "10"]);
  expect(fleet.agents()).toHaveLength(10);
  const { data } = (await service.call("GET", "/v1/computers?limit=200")).body;
  expect(data.map(({ id }: { id: string }) => id).sort()).toEqual(made.map(({ body }) => body.id).sort());
  expect(readdirSync(join(dir, "computers"))).toHaveLength(10);
  const [first, second] = made.map(({ body }) => body.id);
  await service.call("POST", `/v1/computers/${first}/stop`);
  expect((await create()).status).toBe(201);
  expect((await service.call("POST", `/v1/computers/${first}/start`)).status).toBe(429);
  expect((await service.call("POST", `/v1/computers/${second}/fork`, { count: 1 })).status).toBe(429);
  expect((await service.call("GET", `/v1/computers/${first}`)).body.status).toBe("restorable");
  await service.call("DELETE", `/v1/computers/${second}`);
  expect((await service.call("POST", `/v1/computers/${first}/start`)).body.status).toBe("running");
}, 60_000);

test("creates are made a few at a time, in their order; who cannot wait is told at once, who is deleted waits no more", async () => {
  await begin({ creates: 2, createsWaiting: 3 });
  const open = Promise.withResolvers<void>();
  fleet.gate = open.promise;
  const begun = [];
  for (const name of ["a", "b", "c", "d", "e"]) begun.push((await create({ name }, "?wait=0")).body);
  expect((await capacity()).queue).toMatchObject({ running: 2, waiting: 3 });
  const refused = await create({ name: "f" });
  expect([refused.status, refused.body.error.code]).toEqual([429, "capacity_exceeded"]);
  expect(refused.body.error.message).toContain("2 are under way and 3 wait");
  expect((await service.call("DELETE", `/v1/computers/${begun[2].id}`)).body.status).toBe("deleted");
  expect((await capacity()).queue).toMatchObject({ running: 2, waiting: 2 });
  open.resolve();
  fleet.gate = null;
  await expect.poll(async () => (await capacity()).queue, { timeout: 20_000 }).toMatchObject({ running: 0, waiting: 0 });
  const { data } = (await service.call("GET", "/v1/computers?status=running")).body;
  expect(data).toHaveLength(4);
  expect(new Set(fleet.booted.slice(0, 2))).toEqual(new Set([begun[0].id, begun[1].id]));
  expect(fleet.booted).not.toContain(begun[2].id);
}, 60_000);

test("the client asks again while the host is full, when it is told to", async () => {
  await begin({ computers: 1 });
  const { computers } = new Vitrine(service);
  const first = await computers.create({ template: "scratch" });
  await expect(computers.create({ template: "scratch" })).rejects.toMatchObject({
    code: "capacity_exceeded",
    details: { retry_after_s: 10 },
  });
  const waiting = computers.create({ template: "scratch" }, { retryWhenFull: true });
  await first.delete();
  expect((await waiting).status).toBe("running");
  // The time given is all that it waits.
  await expect(computers.create({ template: "scratch" }, { retryWhenFull: true, timeoutMs: 300 })).rejects.toMatchObject({
    code: "timeout",
  });
}, 60_000);

test("a disk below its reserve: nothing is made or started, readyz, capacity, metrics and the timeline say so, and it passes", async () => {
  await begin({ diskReserveMb: 2048 });
  const { body } = await create();
  await service.call("POST", `/v1/computers/${body.id}/stop`, { mode: "shutdown" });
  expect((await service.call("GET", "/readyz")).status).toBe(200);

  host.diskFreeMb = 2000;
  const full = { status: 429, body: { error: { code: "capacity_exceeded", details: { limit: "disk" } } } };
  expect(await create()).toMatchObject(full);
  expect(await service.call("POST", `/v1/computers/${body.id}/start`)).toMatchObject(full);
  expect(await service.call("POST", `/v1/computers/${body.id}/fork`)).toMatchObject(full);
  expect(await service.call("GET", "/readyz")).toMatchObject({ status: 507, body: { error: { code: "host_disk_low" } } });
  expect(await capacity()).toMatchObject({ fits: 0, limited_by: "disk", disk_mb: { free: 0 } });
  expect((await service.call("GET", "/metrics")).body).toContain("vitrine_disk_low 1");

  host.diskFreeMb = 4000;
  expect((await service.call("GET", "/readyz")).status).toBe(200);
  expect((await service.call("GET", "/metrics")).body).toContain("vitrine_disk_low 0");
  expect((await service.call("POST", `/v1/computers/${body.id}/start`)).body.status).toBe("running");
  const { data } = (await service.call("GET", "/v1/events?type=disk.low,disk.ok")).body;
  expect(data).toMatchObject([
    { type: "disk.low", computer_id: null, data: { free_mb: 2000, reserve_mb: 2048 } },
    { type: "disk.ok", data: { free_mb: 4000 } },
  ]);
});

test("what each running computer uses, to who sees it", async () => {
  await begin({});
  const { body: key } = await service.call("POST", "/v1/keys", { name: "bob" });
  const { body } = await create();
  expect((await service.call("GET", "/v1/usage")).body).toEqual({
    data: [{ computer_id: body.id, cpu_s: 0, memory_mb: 0 }],
    next_cursor: null,
  });
  expect(await new Vitrine({ url: service.url, apiKey: key.key }).usage()).toEqual([]);
  await service.call("POST", `/v1/computers/${body.id}/stop`);
  expect(await new Vitrine(service).usage()).toEqual([]);
});
