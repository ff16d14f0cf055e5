import { readFileSync, statfsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { familyOf } from "../process/family.ts";
import { readStat } from "../process/identity.ts";

/** What a host has. MiB. */
export interface Resources {
  ramMb: number;
  /** Without swapping, and what the page cache would give back included. */
  ramAvailableMb: number;
  cpus: number;
  diskMb: number;
  diskFreeMb: number;
}

/** Where that is read. */
export interface Meter {
  resources(): Resources;
  /** Memory that a process and what it has started have for themselves alone; 0 when there is no such process. */
  ownMb(pid: number): number;
  /** Seconds of processor time that a process and what it has started have used; null when there is no such process. */
  cpuS(pid: number): number | null;
}

const KIB_PER_MIB = 1024;
/** Of proc(5)'s times, on every Linux. */
const TICKS_PER_S = 100;

/** The kB of one line of a file of proc(5). */
const kilobytes = (text: string, name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** A template's pages, which are shared until they are written to, are file pages and do not count. */
const ownKilobytes = (pid: number): number => {
  try {
    return kilobytes(readFileSync(`/proc/${pid}/status`, "utf8"), "RssAnon");
  } catch {
    return 0;
  }
};

/** This machine; its disk is the one that `dataDir` is on. */
export const thisMachine = (dataDir: string): Meter => ({
  resources: () => {
    const memory = readFileSync("/proc/meminfo", "utf8");
    const { bsize, blocks, bavail } = statfsSync(dataDir);
    const blocksPerMb = 1024 ** 2 / bsize;
    return {
      ramMb: Math.floor(kilobytes(memory, "MemTotal") / KIB_PER_MIB),
      ramAvailableMb: Math.floor(kilobytes(memory, "MemAvailable") / KIB_PER_MIB),
      cpus: availableParallelism(),
      diskMb: Math.floor(blocks / blocksPerMb),
      diskFreeMb: Math.floor(bavail / blocksPerMb),
    };
  },
  ownMb: (pid) => Math.floor(sum(familyOf(pid).map(ownKilobytes)) / KIB_PER_MIB),
  cpuS: (pid) => {
    const stats = familyOf(pid).map((one) => readStat(one));
    return stats[0] ? sum(stats.map((stat) => stat?.cpu_ticks ?? 0)) / TICKS_PER_S : null;
  },
});
