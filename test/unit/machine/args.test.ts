import { expect, test } from "vitest";
import { type QemuSpec, qemuArgs } from "../../../src/server/machine/qemu/args.ts";
import { tscKhz } from "../../../src/server/machine/qemu/tsc.ts";

const spec: QemuSpec = {
  binary: "qemu",
  accel: "tcg",
  vcpus: 2,
  ram_mb: 1024,
  kernel: "/images/a/vmlinuz",
  initrd: "/images/a/initrd.gz",
  disks: ["root", "workspace"],
  fwCfg: { config: "config.fw" },
  forwards: [[7000, 7000]],
};

/** The values given for an option. */
const values = (args: string[], option: string) => args.filter((_, at) => args[at - 1] === option);

test("the machine is closed: sandboxed, no defaults, no way to the network but the one port", () => {
  const args = qemuArgs(spec);
  expect(values(args, "-sandbox")).toEqual(["on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"]);
  expect(args).toContain("-nodefaults");
  expect(args).toContain("-no-user-config");
  expect(values(args, "-netdev")).toEqual(["user,id=net,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:7000-:7000"]);
});

test("the timers without which a kernel hangs under emulation are on", () => {
  expect(values(qemuArgs(spec), "-machine")[0]).toMatch(/^microvm,.*pit=on,pic=on/);
});

test("KVM and emulation differ in accelerator, CPU and what emulation need not pay for", () => {
  const tcg = qemuArgs(spec);
  const kvm = qemuArgs({ ...spec, accel: "kvm" });
  expect([values(tcg, "-accel"), values(tcg, "-cpu")]).toEqual([["tcg,thread=multi,tb-size=256"], ["max"]]);
  expect([values(kvm, "-accel"), values(kvm, "-cpu")]).toEqual([["kvm"], ["host"]]);
  expect(values(tcg, "-append")[0]).toContain("mitigations=off");
  expect(values(kvm, "-append")[0]).not.toMatch(/mitigations|tsc/);
  const differ = new Set(["-accel", "-cpu", "-append"]);
  const rest = (args: string[]) => args.filter((_, at) => !differ.has(args[at - 1] ?? ""));
  expect(rest(kvm)).toEqual(rest(tcg));
});

test("the canary has the same flags, without a disk and the boot files", () => {
  const { disks, fwCfg, ...rest } = spec;
  const canary = qemuArgs({ ...rest, append: ["vitrine.canary"] });
  expect(canary.join(" ")).not.toContain("-drive");
  expect(canary.join(" ")).not.toContain("-fw_cfg");
  expect(values(canary, "-append")[0]).toMatch(/ vitrine\.canary$/);
});

test("what the guest must be told privately is given as files", () => {
  expect(values(qemuArgs(spec), "-fw_cfg")).toEqual(["name=opt/vitrine/config,file=config.fw"]);
});

test("a full disk of the host's stops the machine; other failures are the guest's to see", () => {
  expect(values(qemuArgs(spec), "-drive")[0]).toMatch(/,werror=enospc,rerror=report$/);
});

test("a comma in a file's name does not become another option", () => {
  const memory = { file: "a,readonly=on", private: true };
  expect(values(qemuArgs({ ...spec, memory }), "-object")[0]).toContain("mem-path=a,,readonly=on,share=off");
});

test("an emulated kernel is told the frequency of its time stamp counter where it is known", () => {
  expect(values(qemuArgs({ ...spec, tscKhz: 2_596_148 }), "-append")[0]).toContain("tsc=reliable tsc_early_khz=2596148");
  expect(values(qemuArgs({ ...spec, tscKhz: null }), "-append")[0]).not.toContain("tsc_early_khz");
});

const cpuinfo = (flags: string, mhz = "2596.148") => `processor\t: 0\ncpu MHz\t\t: ${mhz}\nflags\t\t: fpu ${flags} sse\n\nprocessor\t: 1\n`;

test.each([
  ["a virtual machine", cpuinfo("constant_tsc hypervisor"), false, 2_596_148],
  ["bare metal", cpuinfo("constant_tsc"), false, null],
  ["a virtual machine that sees its momentary speed", cpuinfo("constant_tsc hypervisor aperfmperf"), false, null],
  ["frequency scaling", cpuinfo("constant_tsc hypervisor"), true, null],
  ["a counter that is not constant", cpuinfo("hypervisor"), false, null],
  ["no number", cpuinfo("constant_tsc hypervisor", "unknown"), false, null],
  ["another architecture", "processor : 0\n", false, null],
])("the counter's frequency with %s", (_, text, scaling, khz) => {
  expect(tscKhz(text, scaling)).toBe(khz);
});
