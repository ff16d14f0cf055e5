import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type BootUp, bootUp } from "../../src/server/boot-up.ts";
import type { Machine, MachineRecord } from "../../src/server/machine/machine.ts";
import { createQemuDriver } from "../../src/server/machine/qemu/driver.ts";
import { cwdOf, livePids } from "../../src/server/process/kill.ts";
import { tinyKernel, tinySpec } from "./machine/tiny-guest.ts";

const driver = createQemuDriver({ accel: "tcg" });
const files = { config: "{}", session: "" };
const HANG_MS = 2000;

let root: string;
let dir: string;
let records: MachineRecord[];
let consoles: string[];

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "vitrine-boot-")));
  dir = join(root, "computer");
  records = [];
  consoles = [];
  for (const then of ["hang", "reset"] as const) writeFileSync(join(root, then), tinyKernel(`tiny ${then}\n`, then));
  writeFileSync(join(root, "initrd"), Buffer.alloc(512));
  execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", join(root, "root.qcow2"), "64M"]);
});
afterEach(async () => {
  await driver.destroy(dir, records.at(-1) ?? null);
  rmSync(root, { recursive: true, force: true });
});

const processes = () => livePids().filter((pid) => cwdOf(pid)?.startsWith(dir));

/** A guest without an agent, whose `up`th boot passes for one whose agent came up. */
const boot = async (
  kernel: "hang" | "reset",
  { up = 0, signal = AbortSignal.timeout(20_000), booted = () => {} } = {},
): Promise<Machine> => {
  const spec = tinySpec(dir, root, kernel);
  await driver.prepare(spec, { root: { file: spec.image.rootDisk, overlay: null }, workspace: null });
  const machines: BootUp["machines"] = {
    boot: async (...how) => {
      const machine = await driver.boot(...how);
      booted();
      return records.length === up ? { ...machine, agentUp: async () => {} } : machine;
    },
  };
  const onSpawn = (record: MachineRecord) => void records.push(record);
  return bootUp({ machines, spec, files, onSpawn, onHang: (console) => consoles.push(console), hangMs: HANG_MS }, signal);
};

test("a guest that hangs is booted once more, and nothing is left of the first", async () => {
  const machine = await boot("hang", { up: 2 });
  expect(records).toHaveLength(2);
  expect(machine.record).toEqual(records[1]);
  expect(consoles).toEqual([expect.stringContaining("tiny hang")]);
  const groups = new Set(processes().map((pid) => execFileSync("ps", ["-o", "pgid=", "-p", String(pid)], { encoding: "utf8" }).trim()));
  expect([...groups]).toEqual([String(machine.record.identity.pid)]);
  await machine.kill();
});

test("one that hangs again fails, and leaves nothing", async () => {
  await expect(boot("hang")).rejects.toMatchObject({ code: "timeout" });
  expect(consoles).toHaveLength(2);
  expect(processes()).toEqual([]);
});

test("one whose machine ends has not hung", async () => {
  await expect(boot("reset")).rejects.toMatchObject({ code: "machine_failed" });
  expect(records).toHaveLength(1);
  expect(consoles).toEqual([]);
  expect(processes()).toEqual([]);
});

test("one that is given up has not hung", async () => {
  const controller = new AbortController();
  const given = boot("hang", { signal: controller.signal, booted: () => controller.abort(new Error("enough")) });
  await expect(given).rejects.toThrow("enough");
  expect(records).toHaveLength(1);
  expect(consoles).toEqual([]);
  expect(processes()).toEqual([]);
});
