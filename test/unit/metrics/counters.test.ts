import { Registry } from "prom-client";
import { beforeEach, expect, test } from "vitest";
import type { EventType } from "../../../src/contract/events.ts";
import { addCounters } from "../../../src/server/metrics/counters.ts";

let registry: Registry;
let listener: ReturnType<typeof addCounters>;
beforeEach(() => {
  registry = new Registry();
  listener = addCounters(registry);
});
const tell = (type: EventType, data: Record<string, unknown>) =>
  listener({ id: 1, at: "2026-01-02T03:04:05.000Z", type, computer_id: "cmp_abcdefghijkl", actor: null, data });
const became = (previous: string | null, status: string, more: object = {}) => tell("computer.status", { previous, status, ...more });
/** The lines of a metric that are not 0. */
const lines = async (name: string) =>
  (await registry.getSingleMetricAsString(name)).split("\n").filter((line) => !line.startsWith("#") && !line.endsWith(" 0"));

test("starts, by kind, in seconds", async () => {
  became("creating", "running", { start_kind: "booted", ready_ms: 12_000 });
  became("creating", "running", { start_kind: "restored", ready_ms: 900 });
  became("creating", "running", { start_kind: "restored", ready_ms: 200, claimed: true });
  // A suspend that failed started nothing.
  became("stopping", "running", { start_kind: "restored" });
  const told = await lines("vitrine_start_seconds");
  expect(told.filter((line) => /_(sum|count)/.test(line))).toEqual([
    'vitrine_start_seconds_sum{kind="claimed"} 0.2',
    'vitrine_start_seconds_count{kind="claimed"} 1',
    'vitrine_start_seconds_sum{kind="restored"} 0.9',
    'vitrine_start_seconds_count{kind="restored"} 1',
    'vitrine_start_seconds_sum{kind="booted"} 12',
    'vitrine_start_seconds_count{kind="booted"} 1',
  ]);
  expect(told).toContain('vitrine_start_seconds_bucket{le="20",kind="booted"} 1');
  expect(told).not.toContain('vitrine_start_seconds_bucket{le="10",kind="booted"} 1');
});

test("failures, by verb and code, and no label from anywhere else", async () => {
  became(null, "creating");
  became("creating", "deleting", { reason: "machine_failed: no memory" });
  became("deleting", "deleted");
  became("creating", "deleting");
  became("starting", "error", { reason: "timeout: too long" });
  became("starting", "error", { reason: "anything at all" });
  became("running", "error", { reason: "machine_failed: it crashed" });
  tell("computer.status", { left_out: "20000 characters" });
  expect(await lines("vitrine_start_failures_total")).toEqual([
    'vitrine_start_failures_total{verb="create",code="machine_failed"} 1',
    'vitrine_start_failures_total{verb="start",code="timeout"} 1',
    'vitrine_start_failures_total{verb="start",code="unknown"} 1',
  ]);
  expect(await lines("vitrine_computer_failures_total")).toEqual(['vitrine_computer_failures_total{code="machine_failed"} 1']);
  tell("restore.failed", { kind: "resumed", reason: "machine_failed: x" });
  expect(await lines("vitrine_restore_failures_total")).toEqual(['vitrine_restore_failures_total{kind="resumed"} 1']);
});

test("refusals count what was told together, and recordings their dropped frames", async () => {
  tell("egress.refused", { rule: "floor" });
  tell("egress.refused", { rule: "floor", count: 41 });
  expect(await lines("vitrine_egress_refusals_total")).toEqual(['vitrine_egress_refusals_total{rule="floor"} 42']);
  tell("recording.ended", { status: "ready", end_reason: "stopped", dropped_frames: 3 });
  tell("recording.ended", { status: "ready", end_reason: "stopped", dropped_frames: 4 });
  expect(await lines("vitrine_recordings_total")).toEqual(['vitrine_recordings_total{status="ready",end_reason="stopped"} 2']);
  expect(await lines("vitrine_recording_dropped_frames_total")).toEqual(["vitrine_recording_dropped_frames_total 7"]);
  expect(await lines("vitrine_events_total")).toEqual([
    'vitrine_events_total{type="recording.ended"} 2',
    'vitrine_events_total{type="egress.refused"} 2',
  ]);
});
