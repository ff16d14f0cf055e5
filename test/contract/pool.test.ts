import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { VitrineError } from "../../src/contract/errors.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { fakeTemplate } from "../support/fake-template.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
let dir: string;
let fleet: ReturnType<typeof fakeFleet>;

const begin = async (waiting: number): Promise<void> => {
  const template = fakeTemplate(dir);
  service = await startService(dir, fleet, { config: { pool: { browser: waiting } }, host: { template: async () => template } });
};
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "vt-"));
  fleet = fakeFleet();
});
afterEach(async () => {
  for (const { id } of (await service.call("GET", "/v1/computers")).body.data) await service.call("DELETE", `/v1/computers/${id}`);
  await service.close();
  // What waited has ended with the service.
  expect(fleet.agents()).toEqual([]);
  expect(existsSync(join(dir, "computers")) ? readdirSync(join(dir, "computers")) : []).toEqual([]);
  rmSync(dir, { recursive: true });
});
/** Ids of the computers that have ever waited. */
const waited = (): string[] =>
  service.logged
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg === "waits to be claimed")
    .map(({ computer }) => computer);
const untilWaited = (count: number) => expect.poll(() => waited().length, { timeout: 20_000 }).toBe(count);
const create = (body: object = {}) => service.call("POST", "/v1/computers", body);

test("computers wait unseen, are claimed by what fits them, and are refilled", async () => {
  await begin(2);
  await untilWaited(2);
  expect((await service.call("GET", "/v1/computers")).body.data).toEqual([]);
  expect((await service.call("GET", `/v1/computers/${waited()[0]}`)).status).toBe(404);
  // While none waits any more, one is made as ever.
  const [third, ...claimed] = (
    await Promise.all([create({ name: "one" }), create({ name: "two", disk_size_mb: 20480 }), create()])
  ).reverse();
  expect(third!.status).toBe(201);
  expect(waited()).not.toContain(third!.body.id);
  for (const { status, body } of claimed) {
    expect(status, JSON.stringify(body)).toBe(201);
    expect(waited()).toContain(body.id);
    expect(body).toMatchObject({ status: "running", start_kind: "restored" });
    expect(body.ready_phases).not.toHaveProperty("spawn");
    const exec = await service.call("POST", `/v1/computers/${body.id}/exec`, { command: "echo here" });
    expect(exec.body).toMatchObject({ stdout: "here\n" });
  }
  expect(new Set(claimed.map(({ body }) => body.id)).size).toBe(2);
  await untilWaited(4);
  // What waits has another shape, or a larger workspace than is asked for.
  const small = (await create({ ram_mb: 1024 })).body;
  expect(waited()).not.toContain(small.id);
  expect(small.status).toBe("running");
  expect(waited()).not.toContain((await create({ workspace_quota_mb: 1024 })).body.id);
  const { body: metrics } = await service.call("GET", "/metrics");
  for (const line of ['vitrine_start_seconds_count{kind="claimed"} 2', 'vitrine_start_seconds_count{kind="restored"} 3'])
    expect(metrics).toContain(line);
});

test("a name that is taken costs nothing of what waits", async () => {
  await begin(1);
  await untilWaited(1);
  await create({ name: "curie", ram_mb: 1024 });
  expect((await create({ name: "curie" })).status).toBe(409);
  expect((await create()).body.id).toBe(waited()[0]);
});

test("one that ends while it waits is replaced, and is nobody's", async () => {
  await begin(1);
  await untilWaited(1);
  const [first] = waited();
  fleet.agents()[0]!.kill("SIGKILL");
  await untilWaited(2);
  expect(existsSync(join(dir, "computers", first!))).toBe(false);
  expect((await create()).body.id).toBe(waited()[1]);
});

test("what cannot be used when it is claimed is made again the slower way", async () => {
  await begin(1);
  await untilWaited(1);
  fleet.failResume = new VitrineError("machine_failed", { reason: "it is gone" });
  const { status, body } = await create();
  expect(status, JSON.stringify(body)).toBe(201);
  expect(body).toMatchObject({ id: waited()[0], status: "running", start_kind: "restored", ready_phases: { spawn: expect.any(Number) } });
});

test("a pool that cannot be filled does not stop the service", async () => {
  fleet.failRestore = new VitrineError("machine_failed", { reason: "no such state" });
  await begin(1);
  await expect.poll(() => service.logged.some((line) => line.includes("cannot be filled"))).toBe(true);
  fleet.failRestore = null;
  expect((await create()).status).toBe(201);
});
