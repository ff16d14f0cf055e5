import { expect, test } from "vitest";
import { readFault } from "../../src/server/points.ts";

test("a fault is at a point that there is", () => {
  expect(() => readFault({ VITRINE_FAULT: "create:nonsense" })).toThrow(/VITRINE_FAULT.*"create:nonsense" is no point/);
  // Another point than the one that was named is passed.
  readFault({ VITRINE_FAULT: "create:begin" })("create:whole");
  readFault({})("create:begin");
});
