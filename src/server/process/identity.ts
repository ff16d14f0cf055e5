import { readFileSync } from "node:fs";

/** Names one process for good: a pid alone may be reused. */
export interface ProcessIdentity {
  pid: number;
  /** Field 22 of /proc/pid/stat: clock ticks from boot to the process's start. */
  start_time: number;
  boot_id: string;
}

/** What proc(5) says of a live process. */
export interface ProcessStat {
  parent: number;
  group: number;
  session: number;
  start_time: number;
  /** Processor time that it has used, in user and kernel mode. */
  cpu_ticks: number;
}

export const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

/** A live pid's stat, or null. Zombies count as gone unless asked for. */
export const readStat = (pid: number, { zombies = false } = {}): ProcessStat | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command name is in parentheses and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (!zombies && (fields[0] === "Z" || fields[0] === "X")) return null;
    return {
      parent: Number(fields[1]),
      group: Number(fields[2]),
      session: Number(fields[3]),
      start_time: Number(fields[19]),
      cpu_ticks: Number(fields[11]) + Number(fields[12]),
    };
  } catch {
    return null;
  }
};

/** The identity of a live process, or null when there is none with this pid. */
export const identify = (pid: number, options?: { zombies?: boolean }): ProcessIdentity | null => {
  const stat = readStat(pid, options);
  return stat && { pid, start_time: stat.start_time, boot_id: bootId() };
};

export const isAlive = (identity: ProcessIdentity): boolean =>
  identity.boot_id === bootId() && readStat(identity.pid)?.start_time === identity.start_time;
