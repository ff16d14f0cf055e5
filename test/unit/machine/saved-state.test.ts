import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Machine, MachineRecord, MachineSpec, SavedState } from "../../../src/server/machine/machine.ts";
import { createQemuDriver } from "../../../src/server/machine/qemu/driver.ts";
import { cwdOf, livePids } from "../../../src/server/process/kill.ts";
import { type Then, tinyKernel, tinySpec } from "./tiny-guest.ts";

const driver = createQemuDriver({ accel: "tcg" });
const soon = () => AbortSignal.timeout(20_000);
const files = { config: "{}", session: "" };

let images: string;
let root: string;
const records = new Map<string, MachineRecord>();

beforeAll(() => {
  images = mkdtempSync(join(tmpdir(), "vitrine-images-"));
  for (const then of ["flood", "hang"] as const) writeFileSync(join(images, then), tinyKernel(`tiny ${then}\n`, then));
  writeFileSync(join(images, "initrd"), Buffer.alloc(512));
  execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", join(images, "root.qcow2"), "64M"]);
});
afterAll(() => rmSync(images, { recursive: true, force: true }));
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "vitrine-saved-")));
});
afterEach(async () => {
  for (const [dir, record] of records) await driver.destroy(dir, record);
  records.clear();
  rmSync(root, { recursive: true, force: true });
});

/** Every machine has this kernel on its command line but the first; what another kernel says can only come from a saved state. */
const spec = (name: string, kernel: Then = "hang"): MachineSpec => tinySpec(join(root, name), images, kernel);
const keep = (name: string) => (record: MachineRecord) => void records.set(join(root, name), record);
const prepare = (wanted: MachineSpec) => driver.prepare(wanted, { root: { file: wanted.image.rootDisk, overlay: null }, workspace: null });
const bootFlood = async (name: string, memory?: string): Promise<Machine> => {
  await prepare(spec(name, "flood"));
  const machine = await driver.boot(spec(name, "flood"), files, soon(), keep(name), memory);
  await expect.poll(() => machine.console(), { timeout: 10_000 }).toContain("tiny flood");
  return machine;
};
const restore = (name: string, state: SavedState) => driver.restore(spec(name), state, soon(), keep(name));
const processes = () => livePids().filter((pid) => cwdOf(pid)?.startsWith(root));
const hash = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

test("clones of one saved machine go on where it was, and leave its memory as it is", async () => {
  const memory = join(root, "memory");
  const state = join(root, "state");
  const first = await bootFlood("first", memory);
  await first.pause();
  await first.saveState(state, soon());
  await first.kill();
  await driver.seal(memory);
  expect(statSync(state).mode & 0o777).toBe(0o600);
  expect(statSync(state).size).toBeLessThan(4 * 1024 * 1024);
  const before = hash(memory);

  const phases: string[] = [];
  for (const name of ["one", "two"]) await prepare(spec(name));
  const exact = { file: state, memory, exact: true };
  const one = await driver.restore(spec("one"), exact, soon(), keep("one"), (phase) => phases.push(phase));
  const two = await restore("two", exact);
  expect(phases).toEqual(["spawn", "qmp", "load", "resume"]);
  for (const clone of [one, two]) await expect.poll(() => clone.console(), { timeout: 10_000 }).toContain("tiny flood");
  expect(await one.console()).not.toContain("tiny hang");
  expect(one.record.memory).toEqual({ file: memory, private: true });

  // A clone's own state is what differs from the memory that it began with.
  await one.pause();
  const suspended = join(root, "suspended");
  await one.saveState(suspended, soon());
  await one.kill();
  const resumed = await restore("one", { file: suspended, memory, exact: false });
  await expect.poll(() => resumed.console(), { timeout: 10_000 }).toContain("tiny flood");
  await two.kill();
  await resumed.kill();
  expect(hash(memory)).toBe(before);
  expect(processes()).toEqual([]);
});

test("a machine whose memory is in no file keeps what is not zero, and goes on", async () => {
  const machine = await bootFlood("plain");
  await machine.pause();
  const state = join(root, "plain.state");
  await machine.saveState(state, soon());
  expect(statSync(state).size).toBeLessThan(16 * 1024 * 1024);
  await machine.kill();
  const resumed = await restore("plain", { file: state, memory: null, exact: false });
  await expect.poll(() => resumed.console(), { timeout: 10_000 }).toContain("tiny flood");
});

test("a machine goes on after it was saved", async () => {
  const machine = await bootFlood("on");
  await machine.pause();
  await machine.saveState(join(root, "a"), soon());
  await machine.resume();
  await machine.pause();
  await machine.saveState(join(root, "b"), soon());
  await machine.resume();
  await expect.poll(() => machine.console(), { timeout: 10_000 }).toContain("tiny flood");
});

test("a state that is cut short is refused, and leaves no process", async () => {
  const machine = await bootFlood("cut");
  await machine.pause();
  const state = join(root, "cut.state");
  await machine.saveState(state, soon());
  await machine.kill();
  truncateSync(state, Math.floor(statSync(state).size / 2));
  await expect(restore("cut", { file: state, memory: null, exact: false })).rejects.toMatchObject({ code: "machine_failed" });
  expect(processes()).toEqual([]);
});

test("a state that cannot be written leaves no file, and the machine goes on", async () => {
  const machine = await bootFlood("full");
  await machine.pause();
  await expect(machine.saveState(join(root, "no", "such", "folder"), soon())).rejects.toThrow(/ENOENT/);
  await machine.saveState(join(root, "state"), soon());
  await machine.resume();
  expect(existsSync(join(root, "state.new"))).toBe(false);
});

test("a copy's disk stays readable when its original is gone, also a copy's copy", async () => {
  const chain = (dir: string) =>
    (
      JSON.parse(
        execFileSync("qemu-img", ["info", "--backing-chain", "--output=json", join(dir, "root.qcow2")], { encoding: "utf8" }),
      ) as unknown[]
    ).length;
  await prepare(spec("a"));
  await driver.copy(spec("b"), await driver.freezeDisks(spec("a").dir));
  await driver.copy(spec("c"), await driver.freezeDisks(spec("b").dir));
  await driver.destroy(spec("a").dir, null);
  await driver.destroy(spec("b").dir, null);
  // Its own, its frozen parent's, that one's frozen parent's, and the image's.
  expect(chain(spec("c").dir)).toBe(4);
  const machine = await driver.boot(spec("c"), files, soon(), keep("c"));
  await machine.growDisk("root", 200);
  await machine.kill();
  const info = JSON.parse(execFileSync("qemu-img", ["info", "--output=json", join(spec("c").dir, "root.qcow2")], { encoding: "utf8" }));
  expect(info["virtual-size"]).toBe(200 * 1024 * 1024);
});
