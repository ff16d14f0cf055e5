import { readFileSync } from "node:fs";
import { VitrineError } from "../../contract/errors.ts";
import { run } from "../process/run.ts";
import type { Progress } from "../progress.ts";
import { findExecutable, searchPath } from "./executables.ts";
import { packagesFor, type Requirement } from "./packages.ts";

/** How missing packages can be had on this host. */
export type InstallPlan =
  | { kind: "nothing" }
  | { kind: "apt"; commands: string[][] }
  /** `reason` is one sentence for a person, with the command to run where there is one. */
  | { kind: "by-hand"; reason: string };

export interface HostFacts {
  osRelease: string;
  uid: number;
  dirs: string[];
  /** True when sudo works without asking for a password; asked for only when it matters. */
  sudoWorks: () => Promise<boolean>;
}

const APT = ["apt-get", "-o", "DPkg::Lock::Timeout=300"];
const QUIET = ["env", "DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_MODE=a"];
const UPDATE = [...APT, "update"];
const install = (packages: string[]): string[] => [...APT, "install", "-y", "--no-install-recommends", ...packages];
const byHand = (packages: string[]): string =>
  `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages.join(" ")}`;

const namesOf = (missing: readonly Requirement[]): string => missing.map((m) => `${m.executable} (${m.why})`).join(", ");

/** Debian, or a system that says it is like it. */
export const isDebianLike = (osRelease: string): boolean => /^ID(?:_LIKE)?=.*\b(debian|ubuntu)\b/m.test(osRelease);

export const planInstall = async (missing: readonly Requirement[], host: HostFacts): Promise<InstallPlan> => {
  if (missing.length === 0) return { kind: "nothing" };
  const packages = packagesFor(missing);
  if (!isDebianLike(host.osRelease) || findExecutable("apt-get", host.dirs) === null) {
    return {
      kind: "by-hand",
      reason: `${namesOf(missing)} is missing, and this is not Debian or Ubuntu; install it with this system's package manager`,
    };
  }
  const asRoot = (command: string[]) => [...QUIET, ...command];
  if (host.uid === 0) return { kind: "apt", commands: [asRoot(UPDATE), asRoot(install(packages))] };
  if (findExecutable("sudo", host.dirs) !== null && (await host.sudoWorks())) {
    const sudo = (command: string[]) => ["sudo", "-n", ...asRoot(command)];
    return { kind: "apt", commands: [sudo(UPDATE), sudo(install(packages))] };
  }
  return { kind: "by-hand", reason: `${namesOf(missing)} is missing; run: ${byHand(packages)}` };
};

const readOsRelease = (): string => {
  try {
    return readFileSync("/etc/os-release", "utf8");
  } catch {
    return "";
  }
};

/** apt and sudo may need the administrator's proxy settings, so they get the whole environment. */
const env = (): Record<string, string> => process.env as Record<string, string>;

export const hostFacts = (signal: AbortSignal): HostFacts => ({
  osRelease: readOsRelease(),
  uid: process.getuid?.() ?? -1,
  dirs: searchPath(),
  sudoWorks: async () => (await run(["sudo", "-n", "true"], { timeoutMs: 10_000, signal, env: env(), check: false })).code === 0,
});

/**
 * Installs what is missing, through apt as root or sudo. Throws setup_incomplete with one sentence when that cannot be done.
 * When `signal` aborts, an apt under way is sent SIGTERM and has half a minute to leave the package database in order.
 */
export const installMissing = async (
  missing: readonly Requirement[],
  progress: Progress,
  signal: AbortSignal,
  host: HostFacts = hostFacts(signal),
): Promise<void> => {
  const plan = await planInstall(missing, host);
  if (plan.kind === "nothing") return;
  if (plan.kind === "by-hand") throw new VitrineError("setup_incomplete", { reason: plan.reason });
  const packages = packagesFor(missing);
  progress({ step: "system packages", message: `installing ${packages.join(", ")}` });
  for (const command of plan.commands) {
    const onLine = (message: string) => progress({ step: "system packages", message });
    try {
      await run(command, { timeoutMs: 20 * 60_000, graceMs: 30_000, signal, env: env(), onLine });
    } catch (error) {
      signal.throwIfAborted();
      const reason = `${error instanceof Error ? error.message : error}; run it yourself: ${byHand(packages)}`;
      throw new VitrineError("setup_incomplete", { reason }, { cause: error });
    }
  }
};
