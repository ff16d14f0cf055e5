import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { MachineSpec } from "../../../src/server/machine/machine.ts";
import { createQemuDriver } from "../../../src/server/machine/qemu/driver.ts";
import { tempDir } from "../../support/temp.ts";

const driver = createQemuDriver({ accel: "tcg" });
const { snapshots } = driver;
const { signal } = new AbortController();
const MIB = 1024 ** 2;

const blankOver = (file: string) => ({ root: { file, overlay: null }, workspace: null });

let root: string;
let spec: MachineSpec;
const specOf = (name: string, workspace = 64): MachineSpec => ({ ...spec, dir: join(root, name), disks_mb: { root: 16, workspace } });
const disk = ({ dir }: MachineSpec): string => join(dir, "workspace.qcow2");
const io = (of: MachineSpec, words: string): string => execFileSync("qemu-io", ["-c", words, disk(of)], { encoding: "utf8" });
const kept = (of: MachineSpec): string[] =>
  [...execFileSync("qemu-img", ["snapshot", "-l", disk(of)], { encoding: "utf8" }).matchAll(/snp_\w+/g)].map(([name]) => name);
const sizeMb = (of: MachineSpec): number =>
  JSON.parse(execFileSync("qemu-img", ["info", "--output=json", disk(of)], { encoding: "utf8" }))["virtual-size"] / MIB;
const check = (of: MachineSpec): void => void execFileSync("qemu-img", ["check", "-q", disk(of)]);

beforeEach(async () => {
  root = tempDir();
  const rootDisk = join(root, "image.qcow2");
  execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", rootDisk, "8M"]);
  mkdirSync(join(root, "computers"));
  const image = { id: "none", template: "scratch", kernel: "", initrd: "", rootDisk };
  spec = { dir: join(root, "computers", "a"), vcpus: 1, ram_mb: 512, disks_mb: { root: 16, workspace: 64 }, image };
  await driver.prepare(spec, blankOver(rootDisk));
});

test("what a disk was comes back, and what only a deleted snapshot has is the host's again", async () => {
  io(spec, "write -P 1 0 16M");
  await snapshots.take(spec, "workspace", "snp_a", signal);
  io(spec, "write -P 2 0 16M");
  expect(driver.bytesOf(spec.dir, "workspace")).toBeGreaterThan(32 * MIB);
  await snapshots.apply(spec, "workspace", "snp_a", signal);
  expect(io(spec, "read -P 1 0 16M")).not.toContain("failed");
  io(spec, "write -P 3 0 16M");
  await snapshots.drop(spec, "workspace", "snp_a", signal);
  await snapshots.drop(spec, "workspace", "snp_a", signal);
  expect(driver.bytesOf(spec.dir, "workspace")).toBeLessThan(20 * MIB);
  expect(io(spec, "read -P 3 0 16M")).not.toContain("failed");
  check(spec);
  await expect(snapshots.apply(spec, "workspace", "snp_a", signal)).rejects.toMatchObject({ code: "machine_failed" });
});

test("a copy has what the disk and the snapshots have, over the same bases, and grows", async () => {
  io(spec, "write -P 1 0 1M");
  const frozen = await driver.freezeDisks(spec.dir);
  const fork = specOf("computers/fork");
  await driver.copy(fork, frozen);
  io(fork, "write -P 2 1M 1M");
  await snapshots.take(fork, "workspace", "snp_a", signal);
  io(fork, "write -P 3 0 2M");
  await snapshots.take(fork, "workspace", "snp_b", signal);

  const copy = specOf("computers/copy", 128);
  await driver.prepare(copy, blankOver(copy.image.rootDisk));
  await snapshots.copyFrom(copy, "workspace", fork.dir);
  await snapshots.apply(copy, "workspace", "snp_a", signal);
  for (const name of ["snp_a", "snp_b"]) await snapshots.drop(copy, "workspace", name, signal);
  await snapshots.grow(copy, "workspace", signal);
  // Each has all that it needs in its own directory.
  await driver.destroy(spec.dir, null);
  await driver.destroy(fork.dir, null);
  expect(kept(copy)).toEqual([]);
  expect(sizeMb(copy)).toBe(128);
  expect(io(copy, "read -P 1 0 1M")).not.toContain("failed");
  expect(io(copy, "read -P 2 1M 1M")).not.toContain("failed");
  check(copy);
  await snapshots.grow(specOf("computers/copy", 32), "workspace", signal);
  expect(sizeMb(copy)).toBe(128);
});

test("a disk that says that it is laid over another computer's is not opened over that", async () => {
  const victim = specOf("computers/victim");
  await driver.prepare(victim, blankOver(victim.image.rootDisk));
  execFileSync("qemu-img", ["rebase", "-u", "-F", "qcow2", "-b", disk(victim), disk(spec)]);
  for (const verb of ["take", "apply", "drop"] as const)
    await expect(snapshots[verb](spec, "workspace", "snp_a", signal)).rejects.toMatchObject({
      code: "machine_failed",
      message: expect.stringContaining("Could not open backing file"),
    });
  expect(kept(victim)).toEqual([]);
});
