import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Cgroups, Confinement } from "./walls.ts";

/** What a machine is to have. */
export interface Share {
  vcpus: number;
  ram_mb: number;
}

const NEEDED = ["cpu", "memory", "pids"] as const;
const OPTIONAL = ["io"] as const;
/** The leaf that the service itself moves to: a group that has processes cannot share out to groups below it. */
const SERVICE_LEAF = "service";
const PREFIX = "vitrine-";

/** Of QEMU's own beside the guest's memory: 256 MiB of translated code, its heap, and the cache of its disk. MiB. */
const OVERHEAD_MB = 512;
/** Of one processor, beside the guest's own: QEMU's main loop and the relays. Per cent. */
const OVERHEAD_CPU = 50;
/** QEMU's threads, and one relay for each connection. */
export const MAX_TASKS = 1024;
/** A machine's weight is 100, the kernel's default. Who carries everyone's calls goes first. */
const SERVICE_WEIGHT = 500;
const PERIOD_US = 100_000;

const words = (path: string): string[] => readFileSync(path, "utf8").split(/\s+/).filter(Boolean);

/** Where the hierarchy of version 2 is mounted; beside one of version 1 it lies in a folder of that. */
const hierarchy = (root: string): string | undefined =>
  [root, join(root, "unified")].find((dir) => existsSync(join(dir, "cgroup.controllers")));

/** Looks, and changes nothing. `root` is where control groups are mounted, `self` what proc(5) says of this process's. */
export const findCgroups = (
  root = "/sys/fs/cgroup",
  self = "/proc/self/cgroup",
  isRoot = process.geteuid?.() === 0,
): Confinement["cgroups"] => {
  try {
    const mount = hierarchy(root);
    const path = /^0::(\/.*)$/m.exec(readFileSync(self, "utf8"))?.[1];
    if (mount === undefined || path === undefined) return { reason: "cgroup v2 is not mounted" };
    const own = path === "/" ? mount : join(mount, path);
    const base = basename(own) === SERVICE_LEAF ? dirname(own) : own;
    const controllers = words(join(base, "cgroup.controllers"));
    const missing = NEEDED.filter((name) => !controllers.includes(name));
    if (missing.length > 0) return { reason: `the service's control group has no controllers for ${missing.join(", ")} (cgroup v2)` };
    if (isRoot && base !== mount && !base.endsWith(".service"))
      return { reason: "the service's control group is not its own; run it as a systemd service with Delegate=yes" };
    for (const file of ["", "cgroup.procs", "cgroup.subtree_control"]) accessSync(join(base, file), constants.W_OK);
    return { base, controllers: [...NEEDED, ...OPTIONAL.filter((name) => controllers.includes(name))] };
  } catch (error) {
    return { reason: `control groups are not delegated to the service: ${(error as Error).message}` };
  }
};

/** Makes `base` a group that shares out: the service goes into a leaf of its own. */
export const enterCgroups = ({ base, controllers }: Cgroups): void => {
  // The hierarchy's own root may have both, processes and groups below it.
  if (existsSync(join(base, "cgroup.type"))) {
    const leaf = join(base, SERVICE_LEAF);
    mkdirSync(leaf, { recursive: true });
    for (const pid of words(join(base, "cgroup.procs"))) writeFileSync(join(leaf, "cgroup.procs"), pid);
  }
  writeFileSync(join(base, "cgroup.subtree_control"), controllers.map((name) => `+${name}`).join(" "));
  if (existsSync(join(base, SERVICE_LEAF))) writeFileSync(join(base, SERVICE_LEAF, "cpu.weight"), String(SERVICE_WEIGHT));
};

/** The group of the machine in `dir`: named after it, so that it is found without a record. */
export const groupOf = ({ base }: Cgroups, dir: string): string =>
  join(base, PREFIX + createHash("sha256").update(dir).digest("hex").slice(0, 16));

/** Makes a machine's group with its limits. */
export const makeGroup = (cgroups: Cgroups, dir: string, { vcpus, ram_mb }: Share): string => {
  const group = groupOf(cgroups, dir);
  mkdirSync(group, { recursive: true });
  const limits: Record<string, string> = {
    "cpu.max": `${(vcpus * 100 + OVERHEAD_CPU) * (PERIOD_US / 100)} ${PERIOD_US}`,
    "cpu.weight": "100",
    "memory.max": String((ram_mb + OVERHEAD_MB) * 1024 * 1024),
    "memory.swap.max": "0",
    "pids.max": String(MAX_TASKS),
    ...(cgroups.controllers.includes("io") && { "io.weight": "default 100" }),
  };
  // A kernel without swap has no limit for it.
  for (const [file, value] of Object.entries(limits))
    if (file !== "memory.swap.max" || existsSync(join(group, file))) writeFileSync(join(group, file), value);
  return group;
};

/** Ends whatever is left in a machine's group, and removes it. Succeeds when there is none. */
export const endGroup = async (cgroups: Cgroups, dir: string): Promise<void> => {
  const group = groupOf(cgroups, dir);
  if (!existsSync(group)) return;
  try {
    writeFileSync(join(group, "cgroup.kill"), "1");
  } catch {
    // Kernels before 5.14 have none; the process group was ended already.
  }
  // What was killed leaves its group a moment after it is gone.
  for (let pause = 2; pause < 500; pause *= 2) {
    try {
      return rmdirSync(group);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      await sleep(pause);
    }
  }
};
