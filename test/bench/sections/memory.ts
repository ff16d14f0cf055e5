import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Computer } from "../../../src/client/index.ts";
import { connect, type Section, sleep } from "../bench.ts";
import type { Row } from "../stats.ts";

const COUNTS = [1, 4, 8];
const IDLE_MS = 10_000;

/** Pids that work below `dir`. */
export const processesBelow = (dir: string): string[] =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(dir);
    } catch {
      return false;
    }
  });

/** MiB of the machines below `dir`: their share of all pages, and how much of that is the guests' memory. Source: proc(5), smaps. */
const memoryOf = (dir: string): { pss: number; guest: number } => {
  const sum = { pss: 0, guest: 0 };
  for (const pid of processesBelow(dir)) {
    let inGuest = false;
    for (const line of readFileSync(`/proc/${pid}/smaps`, "latin1").split("\n")) {
      if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) inGuest = line.endsWith("/memory");
      const kib = Number(/^Pss:\s+(\d+)/.exec(line)?.[1] ?? 0);
      sum.pss += kib / 1024;
      if (inGuest) sum.guest += kib / 1024;
    }
  }
  return sum;
};

/** What each of several idle computers, connected to once, takes of the host's memory. */
export const memory: Section = async ({ vitrine, config }) => {
  const rows: Row[] = [];
  const idle: Computer[] = [];
  let single = Number.NaN;
  for (const count of COUNTS) {
    while (idle.length < count) {
      const computer = await vitrine.computers.create();
      await connect(computer);
      idle.push(computer);
    }
    await sleep(IDLE_MS);
    const { pss, guest } = memoryOf(join(config.dataDir, "computers"));
    rows.push({ name: `PSS of ${count} idle browser computers, each`, unit: "MiB", values: [pss / count] });
    rows.push({ name: "  of which the guest's memory", unit: "MiB", values: [guest / count] });
    rows.push({ name: "  of which QEMU's own and its relays'", unit: "MiB", values: [(pss - guest) / count] });
    if (count === 1) single = pss;
    else {
      const extra = [(pss - single) / (count - 1)];
      rows.push({ name: "  each beyond the first", unit: "MiB", values: extra, baseline: { name: "a single one", values: [single] } });
    }
  }
  for (const computer of idle) await computer.delete();
  return rows;
};
