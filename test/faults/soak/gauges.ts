import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { statusOf } from "../../support/machine-processes.ts";

/** What a service took of the host at one moment. */
export interface Sample {
  /** Milliseconds since the soak began. */
  at: number;
  /** Each start of the service is a life; and milliseconds since it began. */
  life: number;
  age: number;
  rss_mib: number;
  fds: number;
  threads: number;
  store_mib: number;
}
export type Gauge = "rss_mib" | "fds" | "threads" | "store_mib";

const MIB = 1024 * 1024;

export const filesOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

const storeBytes = (dataDir: string): number =>
  readdirSync(dataDir)
    .filter((name) => name.startsWith("vitrine.db"))
    .reduce((sum, name) => sum + statSync(join(dataDir, name)).size, 0);

/** Null when the service is not there. */
export const look = (pid: number, dataDir: string): Record<Gauge, number> | null => {
  try {
    const { VmRSS = "0", Threads = "0" } = statusOf(pid);
    return {
      rss_mib: Number.parseInt(VmRSS, 10) / 1024,
      fds: filesOf(pid),
      threads: Number(Threads),
      store_mib: storeBytes(dataDir) / MIB,
    };
  } catch {
    return null;
  }
};
