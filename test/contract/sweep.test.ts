import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ProcessIdentity } from "../../src/server/process/identity.ts";
import { type FakeFleet, fakeFleet } from "../support/fake-machine.ts";
import { startService, type TestService } from "../support/service.ts";
import { tempDir } from "../support/temp.ts";

let dir: string;
let fleet: FakeFleet;
let service: TestService;
beforeEach(() => {
  dir = tempDir();
  fleet = fakeFleet();
});
afterEach(() => service.close());

const computers = () => readdirSync(join(dir, "computers"));
const removed = async (kind: string): Promise<number> => {
  const text = (await service.call("GET", "/metrics")).body as string;
  return Number(new RegExp(`^vitrine_orphans_removed_total\\{kind="${kind}"\\} (\\d+)$`, "m").exec(text)?.[1]);
};
const create = async (name: string): Promise<string> => (await service.call("POST", "/v1/computers", { name })).body.id;

test("what has no owner is removed while the service runs, and counted; what has one stays", async () => {
  service = await startService(dir, fleet, { sweepMs: 50 });
  const id = await create("mine");
  const own = fleet.agents()[0]!.pid!;
  mkdirSync(join(dir, "computers", "cmp_nobody"));
  mkdirSync(join(dir, "recordings", "rec_nobody"));
  writeFileSync(join(dir, "computers", id, "fork_0123456789.state"), "of a fork that was cut off");
  await expect.poll(computers, { timeout: 10_000 }).toEqual([id]);
  await expect.poll(() => readdirSync(join(dir, "recordings")), { timeout: 10_000 }).toEqual([]);
  await expect.poll(() => existsSync(join(dir, "computers", id, "fork_0123456789.state")), { timeout: 10_000 }).toBe(false);
  for (const kind of ["directory", "recording", "file"]) await expect.poll(() => removed(kind)).toBe(1);
  expect(await removed("process")).toBe(0);
  expect(fleet.agents()[0]!.pid).toBe(own);
});

test("a machine that runs and is on nobody's record is ended; the one on record is not", async () => {
  const ended: number[] = [];
  const strays: { name: string; identity: ProcessIdentity }[] = [];
  const driver = {
    ...fleet.driver,
    strays: async () =>
      strays.map(({ name, identity }) => ({
        name,
        identity,
        kill: async () => {
          ended.push(identity.pid);
          strays.splice(
            strays.findIndex((one) => one.identity === identity),
            1,
          );
        },
      })),
    restore: fleet.driver.restore,
    boot: ((spec, files, signal, onSpawn) =>
      fleet.driver.boot(spec, files, signal, (record) => {
        // Found before it is on record, as well as afterwards.
        strays.push({ name: spec.dir.split("/").at(-1)!, identity: record.identity });
        onSpawn(record);
      })) satisfies FakeFleet["driver"]["boot"],
  };
  service = await startService(dir, { ...fleet, driver }, { sweepMs: 10 });
  const id = await create("mine");
  strays.push({ name: id, identity: { pid: 4_000_001, start_time: 1, boot_id: "none" } });
  strays.push({ name: "cmp_nobody", identity: { pid: 4_000_002, start_time: 1, boot_id: "none" } });
  await expect.poll(() => ended.sort(), { timeout: 10_000 }).toEqual([4_000_001, 4_000_002]);
  expect(strays.map(({ name }) => name)).toEqual([id]);
  expect(await removed("process")).toBe(2);
});

test("sweeps without a pause take nothing from verbs under way", async () => {
  service = await startService(dir, fleet, { sweepMs: 1 });
  const life = async (name: string): Promise<void> => {
    const id = await create(name);
    expect((await service.call("POST", `/v1/computers/${id}/fork`, { count: 2, name: `${name}-copy` })).status).toBe(201);
    expect((await service.call("POST", `/v1/computers/${id}/stop`, {})).body.status).toBe("restorable");
    expect((await service.call("POST", `/v1/computers/${id}/start`, {})).body.status).toBe("running");
    expect((await service.call("DELETE", `/v1/computers/${id}`)).status).toBe(200);
  };
  await Promise.all(["a", "b", "c"].map(life));
  expect(computers()).toHaveLength(6);
  for (const { status } of (await service.call("GET", "/v1/computers")).body.data) expect(status).toBe("running");
  for (const kind of ["process", "directory", "file", "recording"]) expect(await removed(kind)).toBe(0);
}, 60_000);
