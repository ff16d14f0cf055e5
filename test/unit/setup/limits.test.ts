import { expect, test } from "vitest";
import { readLimits } from "../../../src/server/setup/limits.ts";

test("limits have defaults, and are what the environment says", () => {
  expect(readLimits({})).toMatchObject({ connections: 4096, stallS: 60, ramFactor: 1, creates: 0 });
  expect(readLimits({ VITRINE_MAX_CONNECTIONS: "7", VITRINE_STALL_TIMEOUT_S: "", VITRINE_RAM_FACTOR: "2" })).toMatchObject({
    connections: 7,
    stallS: 60,
    ramFactor: 2,
  });
});

test.each([
  [{ VITRINE_MAX_CONNECTIONS: "0" }, /VITRINE_MAX_CONNECTIONS.*"0" is not a whole number from 1 to/],
  [{ VITRINE_HEADER_TIMEOUT_S: "-1" }, /VITRINE_HEADER_TIMEOUT_S/],
  [{ VITRINE_VCPU_FACTOR: "many" }, /VITRINE_VCPU_FACTOR/],
])("%o is refused", (env, message) => expect(() => readLimits(env)).toThrow(message));
