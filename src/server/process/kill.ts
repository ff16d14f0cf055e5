import { readdirSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { VitrineError } from "../../contract/errors.ts";
import { bootId, identify, isAlive, type ProcessIdentity, readStat } from "./identity.ts";

export interface KillOptions {
  /** Milliseconds between SIGINT and SIGTERM; 0, the default, leaves SIGINT out. */
  interruptMs?: number;
  /** Milliseconds between SIGTERM and SIGKILL; 0, the default, is SIGKILL at once. */
  graceMs?: number;
  /** Milliseconds after SIGKILL until this gives up with `timeout`. */
  timeoutMs?: number;
  /** The group's working directory. When the leader is gone, only processes of its group that work there are known to be ours. */
  cwd?: string;
  /** The event that the leader has ended, where there is one: a child's exit. Otherwise /proc is looked at. */
  ended?: Promise<unknown>;
}

export const livePids = (): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

export const cwdOf = (pid: number): string | null => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).replace(/ \(deleted\)$/, "");
  } catch {
    return null;
  }
};

/**
 * The live processes of the group that `identity` leads or led. A pid is not given out again while a group bears its number, so a
 * group whose leader lives is ours exactly if the leader is; one whose leader is gone is ours if it works in `cwd`.
 */
export const groupMembers = (identity: ProcessIdentity, cwd?: string): number[] => {
  if (identity.boot_id !== bootId()) return [];
  const leader = readStat(identity.pid);
  if (leader && leader.start_time !== identity.start_time) return [];
  if (!leader && cwd === undefined) return [];
  return livePids().filter((pid) => {
    const stat = readStat(pid);
    return stat?.group === identity.pid && stat.start_time >= identity.start_time && (leader !== null || cwdOf(pid) === cwd);
  });
};

const send = (pid: number, signal: NodeJS.Signals) => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
};

/** Signals the group and names whom it found there. */
const signalGroup = (identity: ProcessIdentity, signal: NodeJS.Signals, cwd?: string): ProcessIdentity[] => {
  const members = groupMembers(identity, cwd);
  const named = members.map((pid) => identify(pid)).filter((member) => member !== null);
  // To the group as one while its leader lives: a member that forks meanwhile does not get away.
  if (members.includes(identity.pid)) send(-identity.pid, signal);
  else for (const pid of members) send(pid, signal);
  return named;
};

/** Waits until the group, and whoever was `found` in it, is gone; false when `ms` pass first. */
const groupGone = async (identity: ProcessIdentity, found: ProcessIdentity[], ms: number, { cwd, ended }: KillOptions) => {
  const deadline = Date.now() + ms;
  if (ended) {
    const timer = new AbortController();
    await Promise.race([ended, sleep(ms, undefined, { signal: timer.signal }).catch(() => {})]);
    timer.abort();
  }
  // Others' children give no event (Node has no pidfd), so look, ever less often.
  for (let pause = 5; found.some(isAlive) || groupMembers(identity, cwd).length > 0; pause = Math.min(pause * 2, 200)) {
    if (Date.now() >= deadline) return false;
    await sleep(pause);
  }
  return true;
};

/**
 * Ends a process group and waits until it is gone. Nothing is signalled unless pid, start time and boot id still name the same
 * process. Idempotent. Fails with `timeout` when something cannot be killed.
 */
export const killGroup = async (identity: ProcessIdentity, options: KillOptions = {}): Promise<void> => {
  const { interruptMs = 0, graceMs = 0, timeoutMs = 10_000, cwd } = options;
  const ladder = [["SIGINT", interruptMs] as const, ["SIGTERM", graceMs] as const, ["SIGKILL", timeoutMs] as const];
  if (groupMembers(identity, cwd).length === 0) return;
  const found: ProcessIdentity[] = [];
  for (const [signal, ms] of ladder) {
    if (ms === 0) continue;
    found.push(...signalGroup(identity, signal, cwd));
    if (await groupGone(identity, found, ms, options)) return;
  }
  throw new VitrineError("timeout", { what: `Ending process ${identity.pid}`, timeout_s: timeoutMs / 1000 });
};
