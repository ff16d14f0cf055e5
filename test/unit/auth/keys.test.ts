import type { IncomingMessage } from "node:http";
import { expect, onTestFinished, test, vi } from "vitest";
import { CreateKey, type CreateKeyInput } from "../../../src/contract/keys.ts";
import { originOf, watchAttempts } from "../../../src/server/auth/attempts.ts";
import { openKeys } from "../../../src/server/auth/keys.ts";
import { generateId } from "../../../src/server/computers/names.ts";
import { openStore } from "../../../src/server/store/store.ts";
import type { NewEvent } from "../../../src/server/timeline/timeline.ts";
import { tempDir } from "../../support/temp.ts";

const OPERATOR_KEY = "the-operators";
const from = (authorization: string | undefined, remoteAddress = "10.0.0.1"): IncomingMessage =>
  ({ headers: { authorization }, socket: { remoteAddress } }) as unknown as IncomingMessage;

const open = (dir = tempDir()) => {
  const clock = { now: Date.parse("2026-11-01T00:00:00Z") };
  const store = openStore(dir);
  const events: NewEvent[] = [];
  const ended: string[] = [];
  const now = () => clock.now;
  const attempts = watchAttempts((event) => void events.push(event), now);
  const keys = openKeys({ store: store.keys, operatorKey: OPERATOR_KEY, attempts, generateId, onEnd: (id) => void ended.push(id), now });
  const close = () => {
    keys.close();
    store.close();
  };
  return {
    dir,
    clock,
    store,
    events,
    ended,
    keys,
    close,
    make: (input: Partial<CreateKeyInput> = {}) => keys.create(CreateKey.parse({ name: "a", ...input })),
    callerOf: (text: string, address?: string) => keys.caller(from(`Bearer ${text}`, address)),
  };
};
const opened = (dir?: string) => {
  const it = open(dir);
  onTestFinished(it.close);
  return it;
};

test("a key is told by its id and secret; the operator's is no key of the store", () => {
  const { make, callerOf, keys } = opened();
  const { record, text } = make({ owner: "web" });
  expect(text).toMatch(/^vtr_[a-z2-7]{12}_[\w-]{32}$/);
  expect(record.id.slice(4)).toBe(text.slice(4, 16));
  expect(callerOf(text)).toMatchObject({ id: record.id, key: { owner: "web", max_computers: null }, computerId: null });
  expect(callerOf(OPERATOR_KEY)).toMatchObject({ id: "operator", key: null });
  expect(keys.caller(from(`bearer ${text}`)).id).toBe(record.id);
});

test("what is not quite a key is none", () => {
  const { make, callerOf, keys } = opened();
  const [one, two] = [make(), make()];
  const secretOf = (text: string) => text.slice(17);
  for (const wrong of [
    one.text.slice(0, -1),
    `${one.text}A`,
    one.text.replace(secretOf(one.text), secretOf(two.text)),
    one.record.secret_hash,
    `vtr_${one.record.id.slice(4)}_${one.record.secret_hash.slice(0, 32)}`,
    secretOf(one.text),
    `${OPERATOR_KEY}x`,
  ])
    expect(() => callerOf(wrong), wrong).toThrow("Send an API key");
  for (const header of [undefined, "", "Bearer", `Basic ${one.text}`, one.text, `Bearer ${one.text} x`])
    expect(() => keys.caller(from(header)), header).toThrow("Send an API key");
});

test("the store has no secret, and a key lives on in it", () => {
  const first = open();
  const { record, text } = first.make({ max_vcpus: 4 });
  expect(JSON.stringify(first.store.keys.list())).not.toContain(text.slice(17));
  first.close();
  const { callerOf, store } = opened(first.dir);
  expect(callerOf(text).key).toEqual(record);
  expect(store.keys.list()).toEqual([record]);
});

test("revoking is at once, once, and tells of what was given out", () => {
  const { make, callerOf, keys, ended, store } = opened();
  const [{ record, text }, other] = [make(), make()];
  const { ended: signal } = callerOf(text);
  const { ended: others } = callerOf(other.text);
  expect([signal?.aborted, keys.isOver(record.id), keys.isOver(null)]).toEqual([false, false, false]);
  keys.revoke(record.id);
  expect(signal?.reason).toMatchObject({ message: "the key was revoked" });
  expect(() => callerOf(text)).toThrow("Send an API key");
  keys.revoke(record.id);
  expect([ended, others?.aborted, keys.isOver(record.id)]).toEqual([[record.id], false, true]);
  expect(store.keys.get(record.id)).toMatchObject({ revoked_at: "2026-11-01T00:00:00.000Z" });
  expect(() => keys.revoke("key_aaaaaaaaaaaa")).toThrow("No key key_aaaaaaaaaaaa");
});

test("a key ends when its time is up, also when the service was away", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const first = open();
  const day = first.make({ expires_in_s: 86_400 });
  const year = first.make({ expires_in_s: 365 * 86_400 });
  const { ended: signal } = first.callerOf(day.text);
  const pass = (ms: number) => {
    first.clock.now += ms;
    vi.advanceTimersByTime(ms);
  };
  pass(86_399_000);
  expect([signal?.aborted, first.ended]).toEqual([false, []]);
  // The clock decides, however late the timer is.
  first.clock.now += 1000;
  expect(() => first.callerOf(day.text)).toThrow("Send an API key");
  vi.advanceTimersByTime(1000);
  expect(signal?.reason).toMatchObject({ message: "the key has expired" });
  expect(first.ended).toEqual([day.record.id]);
  expect(first.store.keys.get(day.record.id)?.revoked_at).toBe(day.record.expires_at);
  expect(first.callerOf(year.text).id).toBe(year.record.id);
  first.close();

  const later = opened(first.dir);
  later.clock.now += 366 * 86_400_000;
  later.keys.expire();
  expect(later.ended).toEqual([year.record.id]);
});

test("failures are counted for each address and each key; the right one waits, too, and floods are told of once", () => {
  const { make, callerOf, clock, events } = opened();
  const [one, two] = [make(), make()];
  const wrong = `${one.text.slice(0, -4)}AAAA`;
  const attempt = (text: string, address?: string) => {
    try {
      return callerOf(text, address).id;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(new Set(Array.from({ length: 30 }, () => attempt(wrong)))).toEqual(new Set(["unauthorized"]));
  expect([attempt(wrong), attempt(one.text)]).toEqual(["rate_limited", "rate_limited"]);
  expect([attempt(one.text, "10.0.0.2"), attempt(two.text), attempt(OPERATOR_KEY)]).toEqual([one.record.id, two.record.id, "operator"]);
  expect(events).toEqual([
    { type: "audit", computer_id: null, data: { action: "refused", code: "unauthorized", claim: one.record.id, address: "10.0.0.1" } },
  ]);
  // A key that there is not is not told from a wrong operator's.
  for (let i = 0; i < 30; i++) attempt(`vtr_${"a".repeat(12)}_${"b".repeat(32)}`, "10.0.0.3");
  expect([attempt("guess", "10.0.0.3"), attempt(OPERATOR_KEY, "10.0.0.3"), attempt(two.text, "10.0.0.3")]).toEqual([
    "rate_limited",
    "rate_limited",
    two.record.id,
  ]);
  clock.now += 2000;
  expect(attempt(one.text)).toBe(one.record.id);
  // From many addresses, too.
  for (let i = 0; i < 500; i++) attempt("guess", `10.1.${i >> 8}.${i & 255}`);
  expect(events.length).toBeLessThanOrEqual(62);
});

test("no key at all is no guess", () => {
  const { keys, events, callerOf } = opened();
  for (let i = 0; i < 100; i++) expect(() => keys.caller(from(undefined))).toThrow("Send an API key");
  expect([events, callerOf(OPERATOR_KEY).id]).toEqual([[], "operator"]);
});

test("a key's requests are its own", () => {
  const { make, callerOf } = opened();
  const [one, two] = [make({ requests_per_minute: 1 }), make({ requests_per_minute: 1 })];
  expect(callerOf(one.text).id).toBe(one.record.id);
  expect(() => callerOf(one.text)).toThrow("This key may make 1 requests a minute. Wait 60 s.");
  expect(callerOf(two.text).id).toBe(two.record.id);
});

test.each([
  ["127.0.0.1", "127.0.0.1"],
  ["::ffff:10.0.0.1", "10.0.0.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8:1:2::9", "2001:db8:1:2"],
  ["2001:db8::9", "2001:db8:0:0"],
  ["::1", "0:0:0:0"],
  ["fe80::1", "fe80:0:0:0"],
])("%s counts as %s", (address, origin) => expect(originOf(address)).toBe(origin));
