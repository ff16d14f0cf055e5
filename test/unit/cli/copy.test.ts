import { expect, test } from "vitest";
import { parsePlace, planCopy } from "../../../src/cli/copy/place.ts";

test.each([
  ["einstein:/etc/hosts", { computer: "einstein", path: "/etc/hosts" }],
  ["einstein:notes/a:b", { computer: "einstein", path: "/home/ohm/notes/a:b" }],
  ["einstein:", { computer: "einstein", path: "/home/ohm" }],
  ["einstein:dir/", { computer: "einstein", path: "/home/ohm/dir/" }],
  ["einstein:/a/../../b", { computer: "einstein", path: "/b" }],
  ["./odd:name", { computer: null, path: "./odd:name" }],
  ["/tmp/odd:name", { computer: null, path: "/tmp/odd:name" }],
  ["plain", { computer: null, path: "plain" }],
])("%s", (text, place) => expect(parsePlace(text)).toEqual(place));

test("exactly one side is in a computer", () => {
  expect(planCopy("a", "x:b")).toEqual({ direction: "in", computer: "x", remote: "/home/ohm/b", local: "a" });
  expect(planCopy("x:/b/", "a")).toEqual({ direction: "out", computer: "x", remote: "/b", local: "a" });
  expect(() => planCopy("a", "b")).toThrow(/NAME:path/);
  expect(() => planCopy("x:a", "y:b")).toThrow(/NAME:path/);
});
