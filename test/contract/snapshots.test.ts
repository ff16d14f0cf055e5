import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type Computer, Vitrine } from "../../src/client/index.ts";
import { MAX_SNAPSHOTS } from "../../src/contract/snapshots.ts";
import { openStore } from "../../src/server/store/store.ts";
import { type FakeFleet, fakeFleet } from "../support/fake-machine.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
let fleet: FakeFleet;
let vitrine: Vitrine;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
/** What was asked of the disks, in its order. */
let asked: string[];
const begin = async () => {
  service = await startService(dir, fleet);
  vitrine = new Vitrine(service);
};
beforeAll(async () => {
  fleet = fakeFleet();
  asked = [];
  const told = (verb: string) => async (_: unknown, __: unknown, name: unknown) => void asked.push(`${verb} ${name}`);
  fleet.driver.snapshots = {
    take: told("take"),
    drop: told("drop"),
    apply: told("apply"),
    copyFrom: async () => void asked.push("copy"),
    grow: async () => void asked.push("grow"),
  };
  await begin();
});
afterAll(async () => {
  await service.close();
  rmSync(dir, { recursive: true });
});
const make = async (more: object = {}): Promise<Computer> => {
  const computer = await vitrine.computers.create({ template: "scratch", ...more });
  onTestFinished(() => vitrine.computers.delete(computer.id));
  return computer;
};

test("a snapshot is made of one that runs, listed, and deleted; all of it is told in the timeline", async () => {
  const computer = await make();
  const first = await computer.snapshots.create({ name: "before the upgrade" });
  expect(first).toEqual({
    id: expect.stringMatching(/^snp_[a-z2-7]{12}$/),
    computer_id: computer.id,
    name: "before the upgrade",
    created_at: expect.any(String),
    size_bytes: 0,
    workspace_quota_mb: 65536,
  });
  const second = await computer.snapshots.create();
  expect(second.name).toBeNull();
  expect(await computer.snapshots.list()).toEqual([second, first]);
  await computer.snapshots.delete(second.id);
  await computer.snapshots.delete(second.id);
  expect(await computer.snapshots.list()).toEqual([first]);
  await expect(computer.snapshots.restore(first.id)).rejects.toMatchObject({
    code: "wrong_state",
    message: expect.stringContaining("stopped"),
  });
  await computer.stop();
  await computer.snapshots.restore(first.id);
  expect(computer.status).toBe("stopped");
  expect(asked.at(-1)).toBe(`apply ${first.id}`);
  await expect(computer.snapshots.restore(second.id)).rejects.toMatchObject({ code: "snapshot_not_found" });
  const { data } = await computer.listEvents();
  const told = data.filter(({ type }) => type.startsWith("snapshot.")).map(({ type, actor, data }) => [type, actor, data.snapshot_id]);
  expect(told).toEqual([
    ["snapshot.created", "operator", first.id],
    ["snapshot.created", "operator", second.id],
    ["snapshot.deleted", "operator", second.id],
    ["snapshot.restored", "operator", first.id],
  ]);
});

test("a client that goes away before its answer leaves no snapshot", async () => {
  const computer = await make();
  await computer.stop({ mode: "shutdown" });
  const { take } = fleet.driver.snapshots;
  const begun = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  fleet.driver.snapshots.take = async (...args) => {
    begun.resolve();
    await open.promise;
    return take(...args);
  };
  const abort = new AbortController();
  const taken = computer.snapshots.create({ signal: abort.signal });
  await begun.promise;
  abort.abort();
  await expect(taken).rejects.toThrow();
  // The service has heard of that before it answers this.
  await computer.refresh();
  fleet.driver.snapshots.take = take;
  open.resolve();
  await expect.poll(() => asked.at(-1)).toMatch(/^drop snp_/);
  expect(await computer.snapshots.list()).toEqual([]);
});

test("a computer has so many and no more", async () => {
  const computer = await make();
  await computer.stop({ mode: "shutdown" });
  for (let i = 0; i < MAX_SNAPSHOTS; i++) await computer.snapshots.create();
  await expect(computer.snapshots.create()).rejects.toMatchObject({ code: "too_many_snapshots", status: 409 });
  await computer.snapshots.delete((await computer.snapshots.list())[0]!.id);
  await computer.snapshots.create();
});

test("a new computer begins with one, holds as much as that did, and is booted", async () => {
  const computer = await make({ workspace_quota_mb: 100_000 });
  const [kept, other] = [await computer.snapshots.create(), await computer.snapshots.create()];
  asked.length = 0;
  const copy = await make({ workspace_snapshot: kept.id });
  expect(copy).toMatchObject({ status: "running", start_kind: "booted", workspace_quota_mb: 100_000 });
  expect(asked).toEqual(["copy", `apply ${kept.id}`, `drop ${kept.id}`, `drop ${other.id}`, "grow"]);
  expect(await copy.snapshots.list()).toEqual([]);
  expect((await computer.refresh()).status).toBe("running");
  await expect(make({ workspace_snapshot: "snp_aaaaaaaaaaaa" })).rejects.toMatchObject({ code: "snapshot_not_found", status: 404 });
  expect((await service.call("POST", "/v1/computers", { workspace_snapshot: "nonsense" })).status).toBe(400);
});

test("another key's are not there", async () => {
  const computer = await make();
  const { id } = await computer.snapshots.create();
  const { key } = await vitrine.keys.create({ name: "other" });
  const other = new Vitrine({ url: service.url, apiKey: key });
  await expect(other.computers.create({ template: "scratch", workspace_snapshot: id })).rejects.toMatchObject({
    code: "snapshot_not_found",
  });
  const own = await other.computers.create({ template: "scratch" });
  onTestFinished(() => own.delete());
  await own.stop({ mode: "shutdown" });
  await expect(own.snapshots.restore(id)).rejects.toMatchObject({ code: "snapshot_not_found" });
  await own.snapshots.delete(id);
  expect(await computer.snapshots.list()).toHaveLength(1);
});

test("a failed one leaves nothing behind, and one is refused while another verb is under way", async () => {
  const computer = await make();
  await computer.stop();
  const { take } = fleet.driver.snapshots;
  const gate = Promise.withResolvers<void>();
  fleet.driver.snapshots.take = () => gate.promise;
  const under = computer.snapshots.create();
  await expect.poll(() => computer.snapshots.create().catch(({ code }) => code)).toBe("wrong_state");
  await expect(computer.start()).rejects.toMatchObject({ code: "wrong_state" });
  gate.reject(new Error("no room"));
  await expect(under).rejects.toMatchObject({ status: 500 });
  fleet.driver.snapshots.take = take;
  expect(asked.at(-1)).toMatch(/^drop snp_/);
  expect(await computer.snapshots.list()).toEqual([]);
});

test("what was under way when the service ended is finished or undone by the next", async () => {
  const computer = await make();
  await computer.stop({ mode: "shutdown" });
  const kept = await computer.snapshots.create();
  await service.close();
  const store = openStore(dir);
  store.snapshots.insert({ ...kept, id: "snp_partialpartia" });
  store.snapshots.mark(kept.id, "applying");
  store.journal.step(computer.id, "snapshot", "written");
  store.close();
  asked.length = 0;
  await begin();
  expect(asked).toEqual([`apply ${kept.id}`, "drop snp_partialpartia"]);
  const same = await vitrine.computers.get(computer.id);
  expect([same.status, await same.snapshots.list()]).toEqual(["stopped", [kept]]);
});
