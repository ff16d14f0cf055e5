import { expect, test } from "vitest";
import { bothEnds } from "../../../../src/integrations/shared/report.ts";
import { wholeCharacters } from "../../../../src/integrations/shared/text.ts";

test("long output keeps both ends, and no half of a character", () => {
  expect(bothEnds("short", 5)).toBe("short");
  expect(bothEnds("abcdefgh", 4)).toBe("ab\n[4 characters left out]\ngh");
  expect(bothEnds("a😀bcd😀e", 4).isWellFormed()).toBe(true);
});

test.each([
  ["abc", 3, 3],
  ["abcd", 3, 3],
  ["aéé", 4, 3],
  ["a漢b", 3, 1],
  ["a漢b", 4, 4],
  ["😀😀", 7, 4],
  // A part that is smaller than its first character is given as it is, or reading would never get on.
  ["😀😀", 2, 2],
])("of %j, %i bytes hold whole characters in %i", (text, limit, whole) => {
  expect(wholeCharacters(Buffer.from(text), limit)).toBe(whole);
});

test("bytes that are no text are cut at the limit or just before it", () => {
  expect(wholeCharacters(Buffer.alloc(100, 0x80), 50)).toBeGreaterThanOrEqual(47);
});
