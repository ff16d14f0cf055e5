import { setImmediate } from "node:timers/promises";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import type { Event } from "../../../src/contract/events.ts";
import { ControlLocks } from "../../../src/server/actions/control.ts";
import { openStore } from "../../../src/server/store/store.ts";
import { tellControl } from "../../../src/server/timeline/control.ts";
import { type NewEvent, openTimeline, type TimelineLimits } from "../../../src/server/timeline/timeline.ts";
import { tempDir } from "../../support/temp.ts";

afterEach(() => void vi.useRealTimers());

const open = (limits: Partial<TimelineLimits> = {}, dir = tempDir()) => {
  const store = openStore(dir);
  const errors: string[] = [];
  const timeline = openTimeline({
    store: store.events,
    limits: { retentionS: 3600, perComputer: 10_000, ...limits },
    log: { error: (_details, message) => errors.push(message) },
  });
  let isOpen = true;
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    timeline.close();
    store.close();
  };
  onTestFinished(close);
  return { timeline, store: store.events, errors, dir, close };
};
type Timeline = ReturnType<typeof open>["timeline"];

const say = (timeline: Timeline, computer_id: string | null, n: number): void =>
  timeline.emit({ type: "action", computer_id, data: { n } });
const numbers = (events: Event[]): unknown[] => events.map(({ data }) => data.n);
const all = (timeline: Timeline, after = 0): Event[] => timeline.read({ keyId: null, after, limit: 100_000 });

/** Follows from `after` on, and keeps what comes. */
const follow = (timeline: Timeline, options: { after?: number; computerId?: string; isOver?: () => boolean } = {}) => {
  const { after = 0, computerId, isOver } = options;
  const abort = new AbortController();
  const seen: Event[] = [];
  const done = (async () => {
    for await (const event of timeline.follow({ keyId: null, computerId }, after, { signal: abort.signal, ...(isOver && { isOver }) }))
      seen.push(event);
  })();
  return { seen, done, abort };
};

test("events are read in their order, by computer and by type, also after a reopening; ids go on", () => {
  const first = open();
  first.timeline.emit({ type: "computer.status", computer_id: "cmp_a", data: { status: "creating" } });
  first.timeline.emit({ type: "exec", computer_id: "cmp_b", actor: "key_1" });
  first.timeline.emit({ type: "action", computer_id: null });
  first.close();
  const { timeline } = open({}, first.dir);
  timeline.emit({ type: "exec", computer_id: "cmp_a", data: { exit_code: 0 } });
  expect(all(timeline)).toEqual([
    { id: 1, at: expect.any(String), type: "computer.status", computer_id: "cmp_a", actor: null, data: { status: "creating" } },
    { id: 2, at: expect.any(String), type: "exec", computer_id: "cmp_b", actor: "key_1", data: {} },
    { id: 3, at: expect.any(String), type: "action", computer_id: null, actor: null, data: {} },
    { id: 4, at: expect.any(String), type: "exec", computer_id: "cmp_a", actor: null, data: { exit_code: 0 } },
  ]);
  const ids = (events: Event[]) => events.map(({ id }) => id);
  expect(ids(timeline.read({ keyId: null, computerId: "cmp_a", after: 0, limit: 10 }))).toEqual([1, 4]);
  expect(ids(timeline.read({ keyId: null, computerId: "cmp_a", types: ["exec"], after: 0, limit: 10 }))).toEqual([4]);
  expect(ids(timeline.read({ keyId: null, types: ["exec", "action"], after: 2, limit: 10 }))).toEqual([3, 4]);
  expect(ids(timeline.read({ keyId: null, after: 1, limit: 2 }))).toEqual([2, 3]);
  expect([timeline.knows("cmp_b"), timeline.knows("cmp_c"), timeline.lastId()]).toEqual([true, false, 4]);
});

test("what its pages bring about pushes out nothing else of a computer", () => {
  const { timeline } = open({ perComputer: 20 });
  for (let n = 1; n <= 8; n++) say(timeline, "cmp_loud", n);
  for (let n = 1; n <= 2000; n++)
    timeline.emit({ type: n % 2 ? "page.navigated" : "page.console", computer_id: "cmp_loud", data: { n: 1000 + n } });
  const kept = numbers(timeline.read({ keyId: null, computerId: "cmp_loud", after: 0, limit: 10_000 }));
  expect(kept.slice(0, 9)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, expect.any(Number)]);
  expect(kept.length).toBeLessThan(600);
  expect(kept.at(-1)).toBe(3000);
});

test("each computer keeps its newest events, and ids are not given twice", () => {
  const { timeline, dir, close } = open({ perComputer: 20 });
  say(timeline, "cmp_quiet", 0);
  for (let n = 1; n <= 3000; n++) say(timeline, "cmp_loud", n);
  const loud = timeline.read({ keyId: null, computerId: "cmp_loud", after: 0, limit: 10_000 });
  // It is pruned now and then, not each time.
  expect(loud.length).toBeGreaterThanOrEqual(20);
  expect(loud.length).toBeLessThan(600);
  expect(numbers(loud)).toEqual(Array.from(loud, (_, i) => 3001 - loud.length + i));
  expect(numbers(timeline.read({ keyId: null, computerId: "cmp_quiet", after: 0, limit: 10 }))).toEqual([0]);
  close();
  const again = open({ perComputer: 0 }, dir);
  expect(all(again.timeline)).toEqual([]);
  say(again.timeline, null, 0);
  expect(all(again.timeline)[0]?.id).toBe(3002);
});

test("what is too old goes at the start and while the service runs", () => {
  vi.useFakeTimers({ toFake: ["setInterval", "Date"] });
  const { timeline, dir, close } = open({ retentionS: 7200 });
  for (let n = 0; n < 2500; n++) say(timeline, "cmp_a", n);
  vi.advanceTimersByTime(3600_000);
  say(timeline, "cmp_a", 2500);
  expect(all(timeline)).toHaveLength(2501);
  vi.advanceTimersByTime(2 * 3600_000);
  expect(numbers(all(timeline))).toEqual([2500]);
  close();
  vi.advanceTimersByTime(3600_000);
  expect(all(open({ retentionS: 7200 }, dir).timeline)).toEqual([]);
});

test("a retention of less than an hour is kept to, too", () => {
  vi.useFakeTimers({ toFake: ["setInterval", "Date"] });
  const { timeline } = open({ retentionS: 60 });
  say(timeline, "cmp_a", 1);
  vi.advanceTimersByTime(121_000);
  expect(all(timeline)).toEqual([]);
});

test("a follower gets what is kept and what comes, each once and in order, however much comes while it reads", async () => {
  const { timeline } = open();
  for (let n = 0; n < 450; n++) say(timeline, "cmp_a", n);
  const abort = new AbortController();
  const seen: unknown[] = [];
  for await (const { data } of timeline.follow({ keyId: null, computerId: "cmp_a" }, 0, { signal: abort.signal })) {
    seen.push(data.n);
    const n = seen.length;
    if (n <= 450) {
      say(timeline, "cmp_a", 449 + n);
      say(timeline, "cmp_b", n);
    } else if (n % 100 === 0) await setImmediate();
    if (n === 900) abort.abort();
  }
  expect(seen).toEqual(Array.from({ length: 900 }, (_, n) => n));
});

test("a follower that has read all waits for what comes, and goes on after an id without a gap", async () => {
  const { timeline } = open();
  const first = follow(timeline);
  await setImmediate();
  say(timeline, "cmp_a", 1);
  say(timeline, null, 2);
  await vi.waitFor(() => expect(numbers(first.seen)).toEqual([1, 2]));
  first.abort.abort();
  await first.done;
  say(timeline, "cmp_a", 3);
  const second = follow(timeline, { after: first.seen.at(-1)!.id });
  say(timeline, "cmp_a", 4);
  await vi.waitFor(() => expect(numbers(second.seen)).toEqual([3, 4]));
  // An id from beyond the end, which a crash of the host can leave a client with.
  const third = follow(timeline, { after: 10_000 });
  await setImmediate();
  say(timeline, "cmp_a", 5);
  await vi.waitFor(() => expect(numbers(third.seen)).toEqual([5]));
  timeline.close();
  await Promise.all([second.done, third.done]);
});

test("a follower ends when nothing more will come, after the last event", async () => {
  const { timeline } = open();
  let over = false;
  say(timeline, "cmp_a", 1);
  const { seen, done } = follow(timeline, { computerId: "cmp_a", isOver: () => over });
  await vi.waitFor(() => expect(seen).toHaveLength(1));
  over = true;
  say(timeline, "cmp_a", 2);
  say(timeline, "cmp_a", 3);
  await done;
  expect(numbers(seen)).toEqual([1, 2, 3]);
});

test("an event that cannot be kept is logged and lost; one with too much data is kept without it", () => {
  const { timeline, errors, close } = open();
  timeline.emit({ type: "exec", computer_id: null, data: { text: "x".repeat(100_000) } });
  expect(all(timeline)[0]?.data).toEqual({ left_out: "100011 characters" });
  timeline.emit({ type: "exec", computer_id: null, data: { n: 1n } });
  timeline.onEvent(() => {
    throw new Error("a listener's");
  });
  say(timeline, null, 1);
  expect(errors).toEqual(["an event is lost", "a listener failed"]);
  expect(all(timeline)).toHaveLength(2);
  close();
  expect(() => say(timeline, null, 2)).not.toThrow();
  expect(errors).toHaveLength(3);
});

test("who drives is told when that changes, and not when it is renewed", () => {
  const control = new ControlLocks();
  const told: NewEvent[] = [];
  tellControl(control, (event) => told.push(event));
  const agent = { holder: "agent", name: "a", ttl_s: 60 } as const;
  control.take("cmp_a", agent);
  control.take("cmp_a", agent);
  control.take("cmp_a", { holder: "person", ttl_s: 60 });
  control.release("cmp_b");
  control.release("cmp_a");
  control.release("cmp_a");
  expect(told).toEqual([
    { type: "control.taken", computer_id: "cmp_a", data: { holder: "agent", name: "a" } },
    { type: "control.taken", computer_id: "cmp_a", data: { holder: "person", name: null } },
    { type: "control.released", computer_id: "cmp_a" },
  ]);
});
