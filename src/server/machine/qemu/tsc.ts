import { existsSync, readFileSync } from "node:fs";

/**
 * Frequency of this host's time stamp counter in kHz, or null where /proc/cpuinfo does not tell it. An emulated guest reads this very
 * counter and must know its frequency: measuring it against an emulated timer fails on a busy host, and the kernel then hangs.
 * `cpu MHz` is that frequency in a virtual machine without frequency scaling; on bare metal it is the momentary speed.
 */
export const tscKhz = (cpuinfo: string, scaling: boolean): number | null => {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/));
  if (scaling || !flags.has("hypervisor") || !flags.has("constant_tsc") || flags.has("aperfmperf")) return null;
  const khz = Math.round(Number(/^cpu MHz\s*:\s*([\d.]+)/m.exec(cpuinfo)?.[1]) * 1000);
  return khz > 100_000 ? khz : null;
};

export const hostTscKhz = (): number | null =>
  tscKhz(readFileSync("/proc/cpuinfo", "utf8"), existsSync("/sys/devices/system/cpu/cpu0/cpufreq"));
