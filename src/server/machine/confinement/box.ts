import { existsSync, lstatSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { RUN_DIR } from "./owner.ts";
import type { Walls } from "./walls.ts";

/** What of the host's files a machine's process sees, beside programs and their libraries. Full paths. */
export interface View {
  /** Its working directory. It sees of it what is listed here, and the folder that it may write in. */
  dir: string;
  write: readonly string[];
  read: readonly string[];
  devices: readonly string[];
}

const SYSTEM_DIRS = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
const DEVICES = ["/dev/null", "/dev/zero", "/dev/urandom"];

/** Programs and libraries: /usr, and what a merged system has as links into it. */
const system = (): string[] => [
  ...["--ro-bind", "/usr", "/usr", "--dir", "/etc", "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"],
  ...["--ro-bind-try", "/etc/alternatives", "/etc/alternatives"],
  ...SYSTEM_DIRS.filter((dir) => existsSync(dir)).flatMap((dir) =>
    lstatSync(dir).isSymbolicLink() ? ["--symlink", readlinkSync(dir), dir] : ["--ro-bind", dir, dir],
  ),
];

/** In a folder that everyone may pass through; bubblewrap would make those that are missing as private as what is bound. */
const bind = (how: string, path: string): string[] => ["--dir", dirname(path), how, path, path];

/**
 * Bubblewrap's words for a box that has nothing but `view`: no process, no network but a loopback of its own, no /proc, no folder to write in but its own.
 * What it runs is the first process in there, and everything in there ends with it.
 */
export const boxArgv = ({ dir, write, read, devices }: View, walls: Exclude<Walls["kind"], "none">): string[] => [
  ...["bwrap", ...(walls === "user-namespace" ? ["--unshare-user"] : [])],
  ...["--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--as-pid-1"],
  ...system(),
  ...[...DEVICES, ...devices].flatMap((path) => bind("--dev-bind", path)),
  ...["--dir", dir, ...bind("--bind", join(dir, RUN_DIR))],
  ...write.flatMap((path) => bind("--bind", path)),
  ...read.flatMap((path) => bind("--ro-bind", path)),
  ...["--remount-ro", "/", "--chdir", dir],
];
