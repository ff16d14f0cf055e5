import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { thisMachine } from "../../../src/server/capacity/resources.ts";

test("this machine has something of everything, and what is free is no more than there is", () => {
  const { ramMb, ramAvailableMb, cpus, diskMb, diskFreeMb } = thisMachine(tmpdir()).resources();
  expect(ramAvailableMb).toBeGreaterThan(0);
  expect(ramMb).toBeGreaterThanOrEqual(ramAvailableMb);
  expect(cpus).toBeGreaterThanOrEqual(1);
  expect(diskMb).toBeGreaterThan(0);
  expect(diskMb).toBeGreaterThanOrEqual(diskFreeMb);
});

test("a process's own memory grows with what it fills, and is nothing when it is gone", () => {
  const { ownMb } = thisMachine(tmpdir());
  const before = ownMb(process.pid);
  const filled = Buffer.alloc(64 * 1024 ** 2, 1);
  expect(ownMb(process.pid) - before).toBeGreaterThan(48);
  expect(filled[0]).toBe(1);
  expect(ownMb(2 ** 22)).toBe(0);
});
