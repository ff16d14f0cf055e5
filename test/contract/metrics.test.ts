import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { VitrineError } from "../../src/contract/errors.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
const fleet = fakeFleet();
beforeAll(async () => {
  service = await startService(dir, fleet);
});
afterAll(async () => {
  await service.close();
  rmSync(dir, { recursive: true });
});
const scrape = async () => (await service.call("GET", "/metrics")).body as string;
/** The value of a series; undefined when there is none. */
const valueIn = (text: string, series: string): number | undefined => {
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};
const value = async (series: string) => valueIn(await scrape(), series);

test("is Prometheus' text, for the operator alone, and has the process's metrics", async () => {
  const { status, headers, body } = await service.call("GET", "/metrics");
  expect([status, headers.get("content-type")]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
  expect(valueIn(body, "process_resident_memory_bytes")).toBeGreaterThan(0);
  expect((await fetch(`${service.url}/metrics`)).status).toBe(401);
});

test("a computer's life", async () => {
  const { body } = await service.call("POST", "/v1/computers", { template: "scratch" });
  const path = `/v1/computers/${body.id}`;
  expect(await value('vitrine_computers{status="running"}')).toBe(1);
  expect(await value('vitrine_start_seconds_count{kind="booted"}')).toBe(1);
  expect(await value('vitrine_capacity_computers{state="used"}')).toBe(1);
  const live = await fetch(`${service.url}/live/${body.id}/state`, { headers: { Authorization: `Bearer ${service.apiKey}` } });
  expect(await value('vitrine_relays_open{kind="live"}')).toBe(1);
  await live.body?.cancel();
  await expect.poll(() => value('vitrine_relays_open{kind="live"}')).toBe(0);

  await service.call("POST", `${path}/stop`);
  expect(await value('vitrine_computers{status="restorable"}')).toBe(1);
  await service.call("POST", `${path}/start`);
  expect(await value('vitrine_start_seconds_count{kind="resumed"}')).toBe(1);

  // What cannot be resumed boots.
  await service.call("POST", `${path}/stop`);
  fleet.failRestore = new VitrineError("machine_failed", { reason: "a test" });
  expect((await service.call("POST", `${path}/start`)).body.start_kind).toBe("booted");
  fleet.failRestore = null;
  expect(await value('vitrine_restore_failures_total{kind="resumed"}')).toBe(1);
  expect(await value('vitrine_start_seconds_count{kind="booted"}')).toBe(2);
  const { body: events } = await service.call("GET", `${path}/events?type=restore.failed`);
  expect(events.data.map(({ data }: { data: unknown }) => data)).toEqual([
    { kind: "resumed", reason: expect.stringMatching(/^machine_failed: .*a test/) },
  ]);
  await service.call("DELETE", path);
  expect(await value('vitrine_computers{status="running"}')).toBe(0);
});

test("a create that fails", async () => {
  fleet.failBoot = new VitrineError("machine_failed", { reason: "a test" });
  expect((await service.call("POST", "/v1/computers", { template: "scratch" })).status).toBeGreaterThanOrEqual(500);
  fleet.failBoot = null;
  expect(await value('vitrine_start_failures_total{verb="create",code="machine_failed"}')).toBe(1);
});

test("the documentation has each of the service's metrics, and no other", async () => {
  const names = [...(await scrape()).matchAll(/^# TYPE (vitrine_\w+)/gm)].map(([, name]) => name);
  const documented = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
  const told = [...documented.matchAll(/^\| `(vitrine_\w+)/gm)].map(([, name]) => name);
  expect(told.sort()).toEqual(names.sort());
});
