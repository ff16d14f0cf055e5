import { spawn } from "node:child_process";
import { once } from "node:events";
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

test("a process's processor time grows with what it does, and is null when it is gone", { timeout: 60_000 }, () => {
  const { cpuS } = thisMachine(tmpdir());
  const before = cpuS(process.pid) as number;
  const used = () => (cpuS(process.pid) as number) - before;
  const enough = Date.now() + 30_000;
  while (used() < 0.1 && Date.now() < enough) for (let i = 0; i < 1e6; i++) Math.sqrt(i);
  expect(used()).toBeGreaterThanOrEqual(0.1);
  expect(cpuS(2 ** 22)).toBe(null);
});

test("a process's own memory grows with what it fills, and is nothing when it is gone", () => {
  const { ownMb } = thisMachine(tmpdir());
  const before = ownMb(process.pid);
  const filled = Buffer.alloc(64 * 1024 ** 2, 1);
  expect(ownMb(process.pid) - before).toBeGreaterThan(48);
  expect(filled[0]).toBe(1);
  expect(ownMb(2 ** 22)).toBe(0);
});

test("what a process has started counts with it, as a machine's QEMU does with its box", { timeout: 60_000 }, async () => {
  const { ownMb, cpuS } = thisMachine(tmpdir());
  const program = "const filled = Buffer.alloc(100 * 1024 ** 2, 1); console.log(filled[0]); setTimeout(() => {}, 1e6)";
  const box = spawn("sh", ["-c", '"$0" -e "$1"; true', process.execPath, program], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
  try {
    await once(box.stdout, "data");
    expect(ownMb(box.pid as number)).toBeGreaterThan(90);
    expect(cpuS(box.pid as number)).toBeGreaterThan(0);
  } finally {
    process.kill(-(box.pid as number), "SIGKILL");
    await once(box, "exit");
  }
});
