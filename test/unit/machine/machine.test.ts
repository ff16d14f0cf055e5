import { execFileSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Machine, MachineRecord, MachineSpec } from "../../../src/server/machine/machine.ts";
import { QEMU_BINARY, qemuArgs } from "../../../src/server/machine/qemu/args.ts";
import { createQemuDriver } from "../../../src/server/machine/qemu/driver.ts";
import { launch } from "../../../src/server/machine/qemu/launch.ts";
import { isAlive, readStat } from "../../../src/server/process/identity.ts";
import { cwdOf, livePids } from "../../../src/server/process/kill.ts";
import { spawnDetached } from "../../../src/server/process/spawn.ts";
import { type Then, tinyKernel, tinySpec } from "./tiny-guest.ts";

const driver = createQemuDriver({ accel: "tcg" });
const soon = () => AbortSignal.timeout(8000);
const files = { config: '{"secret":"hush-hush"}', session: "A='1'\n" };

let images: string;
let root: string;
let dir: string;
let record: MachineRecord | null;

beforeAll(() => {
  images = mkdtempSync(join(tmpdir(), "vitrine-images-"));
  for (const then of ["poweroff", "reset", "hang", "flood"] as const) writeFileSync(join(images, then), tinyKernel(`tiny ${then}\n`, then));
  writeFileSync(join(images, "panic"), tinyKernel("Kernel panic - not syncing: no root\n", "reset"));
  writeFileSync(join(images, "initrd"), Buffer.alloc(512));
  execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", join(images, "root.qcow2"), "64M"]);
});
afterAll(() => rmSync(images, { recursive: true, force: true }));

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "vitrine-machine-")));
  dir = join(root, "computer");
  record = null;
});
afterEach(async () => {
  await driver.destroy(dir, record);
  rmSync(root, { recursive: true, force: true });
});

const spec = (kernel: Then | "panic" | "absent" = "hang"): MachineSpec => tinySpec(dir, images, kernel);
const prepare = (wanted: MachineSpec) => driver.prepare(wanted, { root: { file: wanted.image.rootDisk, overlay: null }, workspace: null });
const boot = async (kernel?: Then | "panic" | "absent"): Promise<Machine> => {
  await prepare(spec(kernel));
  return driver.boot(spec(kernel), files, soon(), (spawned) => {
    record = spawned;
  });
};
/** The record names the box around QEMU, where there is one. */
const qemuPid = () => processes().find((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("qemu-system")) as number;
/** Processes that work in the computer's directory, by listing. */
const processes = () => livePids().filter((pid) => cwdOf(pid)?.startsWith(dir));

test("prepares a private directory with a disk of at least the base's size, once", async () => {
  await prepare(spec());
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  const info = JSON.parse(execFileSync("qemu-img", ["info", "--output=json", join(dir, "root.qcow2")], { encoding: "utf8" }));
  expect(info).toMatchObject({ "virtual-size": 100 * 1024 * 1024, "full-backing-filename": join(images, "root.qcow2") });
  await expect(prepare(spec())).rejects.toMatchObject({ code: "machine_failed" });
  expect(existsSync(dir)).toBe(true);

  await driver.destroy(dir, null);
  await prepare({ ...spec(), disks_mb: { root: 1, workspace: 100 } });
  const least = JSON.parse(execFileSync("qemu-img", ["info", "--output=json", join(dir, "root.qcow2")], { encoding: "utf8" }));
  expect(least["virtual-size"]).toBe(64 * 1024 * 1024);
});

test("a disk that cannot be made leaves no directory behind", async () => {
  const broken = { ...spec(), image: { ...spec().image, rootDisk: join(images, "initrd") } };
  await expect(prepare(broken)).rejects.toMatchObject({ code: "machine_failed" });
  expect(existsSync(dir)).toBe(false);
});

test("a directory whose sockets would have too long a path is refused before anything is made", async () => {
  const long = join(root, "x".repeat(100));
  await expect(prepare({ ...spec(), dir: long })).rejects.toMatchObject({ code: "setup_incomplete" });
  expect(existsSync(long)).toBe(false);
});

test("boots: the record comes at once, QEMU leads its group, the console is read, and kill leaves no process", async () => {
  const machine = await boot();
  expect(record).toEqual(machine.record);
  expect(readStat(machine.record.identity.pid)).toMatchObject({ group: machine.record.identity.pid });
  expect(readStat(qemuPid())).toMatchObject({ group: machine.record.identity.pid });
  await expect.poll(() => machine.console()).toContain("tiny hang");
  expect(await machine.console(), "read before, and still there").toContain("tiny hang");
  await machine.kill();
  await machine.kill();
  expect(await machine.exited).toMatchObject({ cause: "killed" });
  expect(processes()).toEqual([]);
});

test("the guest's secret is in no command line and, once QEMU runs, in no file", async () => {
  const machine = await boot();
  for (const pid of processes()) expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).not.toContain("hush");
  for (const name of readdirSync(dir, { withFileTypes: true })) {
    if (name.isFile()) expect(readFileSync(join(dir, name.name)).includes("hush"), name.name).toBe(false);
  }
  await machine.kill();
});

test("where namespaces are to be had, the link is a private socket and no port of the host", async () => {
  const machine = await boot();
  if (!("path" in machine.link)) return expect(machine.link.host).toBe("127.0.0.1");
  expect(statSync(machine.link.path).mode & 0o777).toBe(0o600);
  const ports = readFileSync("/proc/net/tcp", "utf8");
  expect(ports).not.toMatch(/ 0100007F:1B58 00000000:0000 0A /);
  // Something listens behind it: slirp takes the connection, though this guest has no network.
  const { path } = machine.link;
  const socket = createConnection({ path });
  await once(socket, "connect");
  socket.on("error", () => {}).destroy();
  await machine.kill();
});

test("where they are not, the link is a loopback port", async () => {
  await prepare(spec());
  const { image, vcpus, ram_mb } = spec();
  const qemu = { binary: QEMU_BINARY, accel: "tcg", vcpus, ram_mb, kernel: image.kernel, initrd: image.initrd } as const;
  const machine = await launch(dir, qemu, { walls: { kind: "none" }, lacks: [], cgroups: { reason: "" } }, soon(), () => {});
  const link = machine.link as { host: string; port: number };
  const socket = createConnection(link);
  await once(socket, "connect");
  socket.on("error", () => {}).destroy();
  await machine.kill();
  expect(processes()).toEqual([]);
});

test.each([
  ["poweroff", "poweroff", /powered off/],
  ["panic", "reset", /Kernel panic - not syncing: no root/],
] as const)("a guest that ends by itself (%s) is told with its reason, and QEMU ends", async (kernel, cause, reason) => {
  const machine = await boot(kernel);
  const exit = await machine.exited;
  expect(exit.cause).toBe(cause);
  expect(exit.reason).toMatch(reason);
  expect(processes()).toEqual([]);
  await expect(machine.agentUp(soon())).rejects.toMatchObject({ code: "machine_failed" });
  expect(await machine.console()).toContain(kernel === "panic" ? "Kernel panic" : "tiny poweroff");
});

test.each(["QEMU", "the box around it"])("that %s is killed from outside is told within its exit", async (which) => {
  const machine = await boot();
  process.kill(which === "QEMU" ? qemuPid() : machine.record.identity.pid, "SIGKILL");
  expect(await machine.exited).toMatchObject({ cause: "crashed", reason: expect.stringContaining("SIGKILL") });
  expect(processes()).toEqual([]);
});

test("a QEMU that does not start is told in its own words, and nothing is left", async () => {
  await expect(boot("absent")).rejects.toThrow(/machine failed: QEMU ended with code 1: .*absent/);
  expect(record).not.toBeNull();
  expect(processes()).toEqual([]);
  expect(readdirSync(dir).filter((name) => name.endsWith(".fw"))).toEqual([]);
});

test("a missing QEMU is told", async () => {
  const none = createQemuDriver({ accel: "tcg", qemuBinary: "vitrine-no-qemu" });
  await prepare(spec());
  await expect(none.boot(spec(), files, soon(), () => {})).rejects.toThrow(/vitrine-no-qemu/);
});

test("when the record cannot be kept, or the caller gives up, no QEMU is left", async () => {
  await prepare(spec());
  const failing = driver.boot(spec(), files, soon(), () => {
    throw new Error("the store is full");
  });
  await expect(failing).rejects.toThrow("the store is full");
  expect(processes()).toEqual([]);
  const controller = new AbortController();
  const given = driver.boot(spec(), files, controller.signal, () => controller.abort(new Error("enough")));
  await expect(given).rejects.toThrow("enough");
  expect(processes()).toEqual([]);
});

test("agentUp ends with its signal", async () => {
  const machine = await boot();
  await expect(machine.agentUp(AbortSignal.timeout(30))).rejects.toThrow(/timeout/i);
  await machine.kill();
});

test("a flood on the console stays in a bounded memory", async () => {
  const machine = await boot("flood");
  await expect.poll(async () => (await machine.console()).length).toBe(64 * 1024);
  expect(await machine.console()).toContain("tiny flood");
  const bytes = readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
  expect(bytes).toBeLessThan(1024 * 1024);
  await machine.kill();
});

test("a released machine runs on, is adopted, and can be ended by its adopter", async () => {
  const first = await boot();
  first.release();
  const second = await driver.adopt(dir, first.record, soon());
  await expect.poll(() => second!.console()).toContain("tiny hang");
  second!.release();
  const third = await driver.adopt(dir, first.record, soon());
  await third!.kill();
  expect(await third!.exited).toMatchObject({ cause: "killed" });
  expect(processes()).toEqual([]);
  expect(await driver.adopt(dir, first.record, soon())).toBeNull();
});

test("an adopted machine's end is told", async () => {
  const first = await boot();
  first.release();
  const adopted = (await driver.adopt(dir, first.record, soon()))!;
  process.kill(qemuPid(), "SIGKILL");
  expect(await adopted.exited).toMatchObject({ cause: "crashed" });
});

test("a guest that powered off while no service was there is told as such and ended at adoption", async () => {
  const { image, vcpus, ram_mb } = spec("poweroff");
  await prepare(spec());
  mkdirSync(join(dir, "run"));
  const argv = qemuArgs({ binary: QEMU_BINARY, accel: "tcg", vcpus, ram_mb, kernel: image.kernel, initrd: image.initrd, forwards: [] });
  const { identity } = await spawnDetached(argv, { cwd: dir, log: join(dir, "log") });
  record = { identity, link: { path: join(dir, "link.sock") }, accel: "tcg", ram_mb, memory: null };
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(isAlive(identity)).toBe(true);
  const adopted = await driver.adopt(dir, record, soon());
  expect(await adopted!.exited).toMatchObject({ cause: "poweroff" });
  expect(isAlive(identity)).toBe(false);
});

test("a stale record is not adopted, and destroying by it harms no one", async () => {
  const machine = await boot();
  const stale = { ...machine.record, identity: { ...machine.record.identity, start_time: machine.record.identity.start_time - 1 } };
  expect(await driver.adopt(dir, stale, soon())).toBeNull();
  await driver.destroy(join(root, "other"), stale);
  expect(isAlive(machine.record.identity)).toBe(true);
  await machine.kill();
});

test("a stopped QEMU does not answer adoption, and is destroyed all the same", async () => {
  const machine = await boot();
  machine.release();
  for (const pid of processes()) process.kill(pid, "SIGSTOP");
  await expect(driver.adopt(dir, machine.record, AbortSignal.timeout(100))).rejects.toThrow();
  await driver.destroy(dir, machine.record);
  expect(processes()).toEqual([]);
  expect(existsSync(dir)).toBe(false);
});

test("destroy ends a machine that no record names, also through a symlink, and may be repeated", async () => {
  const machine = await boot();
  machine.release();
  mkdirSync(join(root, "alias"));
  symlinkSync(root, join(root, "alias", "link"));
  await driver.destroy(join(root, "alias", "link", "computer"), null);
  expect(isAlive(machine.record.identity)).toBe(false);
  expect(processes()).toEqual([]);
  expect(existsSync(dir)).toBe(false);
  await driver.destroy(dir, machine.record);
});

test("boots again from the same disks after an end", async () => {
  const machine = await boot();
  await machine.kill();
  const again = await driver.boot(spec(), files, soon(), (spawned) => {
    record = spawned;
  });
  expect(again.record.identity).not.toEqual(machine.record.identity);
  await again.kill();
});
