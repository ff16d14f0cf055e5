import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { chooseAccel } from "../../../src/server/machine/probe.ts";
import { CANARY, runCanary } from "../../../src/server/machine/qemu/canary.ts";
import { cwdOf, livePids } from "../../../src/server/process/kill.ts";
import { type Then, tinyKernel } from "./tiny-guest.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "vitrine-probe-"));
  writeFileSync(join(dir, "initrd"), Buffer.alloc(512));
  vi.stubEnv("TMPDIR", dir);
});
afterEach(() => vi.unstubAllEnvs());
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const guest = (words: string, then: Then) => {
  const kernel = join(dir, "kernel");
  writeFileSync(kernel, tinyKernel(words, then));
  return { kernel, initrd: join(dir, "initrd"), signal: AbortSignal.timeout(20_000) };
};
/** By listing: the canary's directory, and whoever works in it. */
const remains = () => [
  ...readdirSync(dir).filter((name) => name.startsWith("vitrine-canary-")),
  ...livePids().filter((pid) => cwdOf(pid)?.startsWith(dir)),
];

test("a canary that answers and powers off is well, and leaves nothing", async () => {
  expect(await runCanary({ ...guest(`${CANARY.answer}\n`, "poweroff"), accel: "tcg" })).toBeNull();
  expect(remains()).toEqual([]);
});

test.each([
  ["that says something else", "hello\n", "poweroff", /powered off/],
  ["whose kernel fails", "Kernel panic - not syncing: attempted to kill init\n", "reset", /Kernel panic/],
  ["that hangs", `${CANARY.answer}\n`, "hang", /did not answer within 0.5 s/],
] as const)("a canary %s is not well, and says why", async (_, words, then, why) => {
  expect(await runCanary({ ...guest(words, then), accel: "tcg", deadlineMs: then === "hang" ? 500 : 8000 })).toMatch(why);
  expect(remains()).toEqual([]);
});

test("an abort is the caller's, not a verdict", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(runCanary({ ...guest("", "hang"), accel: "tcg", signal })).rejects.toThrow("enough");
});

const options = (extra: Partial<Parameters<typeof chooseAccel>[0]> = {}) => ({
  ...guest(`${CANARY.answer}\n`, "poweroff"),
  cacheDir: join(dir, "cache"),
  progress: () => {},
  ...extra,
});

test("without the device the answer is emulation, with the reason, and nothing is tried or kept", async () => {
  const choice = await chooseAccel(options({ kvmDevice: join(dir, "kvm") }));
  expect(choice).toEqual({ accel: "tcg", cached: false, reason: `emulation, because there is no ${join(dir, "kvm")}` });
  expect(existsSync(join(dir, "cache"))).toBe(false);
});

test("a device that opens is tried once; another kernel or a broken verdict is tried anew", async () => {
  // KVM itself is not asked of this device, only of QEMU; whether it is well depends on the machine this test runs on.
  const device = join(dir, "kvm");
  writeFileSync(device, "");
  chmodSync(device, 0o600);
  const steps: string[] = [];
  const tried = options({ kvmDevice: device, progress: ({ step }) => steps.push(step) });
  const first = await chooseAccel(tried);
  expect(first.cached).toBe(false);
  expect(first.reason).toMatch(first.accel === "kvm" ? /test guest ran/ : /^emulation, because a test guest does not run/);
  expect(await chooseAccel(tried)).toEqual({ ...first, cached: true });
  expect(steps).toHaveLength(1);
  expect(await chooseAccel({ ...tried, fresh: true })).toMatchObject({ cached: false });

  writeFileSync(tried.kernel, Buffer.concat([readFileSync(tried.kernel), Buffer.from("more")]));
  expect((await chooseAccel(tried)).cached).toBe(false);
  writeFileSync(join(dir, "cache", "accel.json"), "{");
  expect((await chooseAccel(tried)).cached).toBe(false);
});

test("a missing QEMU is an answer too", async () => {
  const device = join(dir, "kvm");
  writeFileSync(device, "");
  const choice = await chooseAccel(options({ kvmDevice: device, qemuBinary: "vitrine-no-qemu" }));
  expect(choice).toMatchObject({ accel: "tcg", reason: expect.stringContaining("vitrine-no-qemu") });
});
