import { expect, test } from "vitest";
import { RateLimit } from "../../../src/server/auth/rate-limit.ts";

let now = 0;
const at = (ms: number) => {
  now = ms;
};

test("a minute's worth at once, then as they come back, one by one", () => {
  at(1000);
  const limit = new RateLimit(() => now);
  expect([1, 2, 3, 4, 5].map(() => limit.take("a", 4))).toEqual([0, 0, 0, 0, 15_000]);
  expect(limit.wait("b", 4)).toBe(0);
  at(15_999);
  expect(limit.take("a", 4)).toBe(1);
  at(16_000);
  expect([limit.take("a", 4), limit.take("a", 4)]).toEqual([0, 15_000]);
  // Looking takes nothing, and rest gives no more than a minute's worth.
  at(10_000_000);
  for (let i = 0; i < 10; i++) expect(limit.wait("a", 4)).toBe(0);
  expect([1, 2, 3, 4, 5].map(() => limit.take("a", 4) > 0)).toEqual([false, false, false, false, true]);
});

test("one a minute", () => {
  at(0);
  const limit = new RateLimit(() => now);
  expect([limit.take("a", 1), limit.take("a", 1)]).toEqual([0, 60_000]);
  at(60_000);
  expect(limit.take("a", 1)).toBe(0);
});

test("names that strangers choose take bounded room: first those that have all back go, then those used longest ago", () => {
  at(0);
  const limit = new RateLimit(() => now, 3);
  limit.take("over", 100);
  at(1000);
  for (const name of ["a", "b", "a", "c"]) limit.take(name, 2);
  expect(["a", "b", "c"].map((name) => limit.take(name, 1) > 0)).toEqual([true, true, true]);
  limit.take("d", 2);
  // "b" has been forgotten for it: "a" was used again since.
  expect(["a", "c", "d"].map((name) => limit.wait(name, 1) > 0)).toEqual([true, true, true]);
  expect(limit.wait("b", 1)).toBe(0);
});
