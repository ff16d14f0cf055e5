import { constants, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { boxArgv, type View } from "./box.ts";
import { MAX_TASKS, makeGroup, type Share } from "./cgroup.ts";
import { giveAway, makeRunDir } from "./owner.ts";
import { readOnlyOpenLibrary } from "./read-only-open.ts";
import type { Confinement, Walls } from "./walls.ts";

/** What a machine's process is started with. */
export interface Tenant {
  view: View;
  /** Files that it reads and nobody else may: they become its own. */
  secrets: readonly string[];
  share: Share;
  /** It opens files that it may only read for writing, too. */
  opensForWriting: boolean;
}

/** Open files that a machine may have: a disk, and two for each connection. It is the limit that the kernel lets everyone have. */
const MAX_FILES = 4096;
const LIBRARY = "read-only-open.so";

/** No program that it becomes can gain a right. */
const NO_RIGHTS = ["--no-new-privs", "--inh-caps=-all"];

/** A device is shared by its group; where it has none that may write, only its owner can use it. */
const groupsOf = (devices: readonly string[]): string[] =>
  devices
    .map((path) => statSync(path))
    .filter(({ mode }) => (mode & constants.S_IWGRP) !== 0)
    .map(({ gid }) => String(gid));

const becoming = (walls: Walls, uid: number, groups: readonly string[]): string[] => {
  // Bubblewrap has taken everything already.
  if (walls.kind === "user-namespace") return [];
  const everything = process.geteuid?.() === 0 ? ["--bounding-set=-all"] : [];
  if (walls.kind === "none") return ["setpriv", ...NO_RIGHTS, ...everything];
  const supplementary = groups.length > 0 ? `--groups=${groups.join(",")}` : "--clear-groups";
  return ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, supplementary, ...NO_RIGHTS, ...everything];
};

/** A process counts for its uid alone where it has one. */
const limits = (walls: Walls): string[] => [
  "prlimit",
  "--core=0",
  `--nofile=${MAX_FILES}`,
  ...(walls.kind === "own-uid" ? [`--nproc=${MAX_TASKS}`] : []),
];

/** Joins the group before there is anything to bound. */
const JOIN = 'echo $$ > "$0/cgroup.procs" && exec "$@"';

const preload = (dir: string): string | null => {
  if (process.arch !== "x64") return null;
  const path = join(dir, LIBRARY);
  rmSync(path, { force: true });
  writeFileSync(path, readOnlyOpenLibrary(), { mode: 0o444 });
  return path;
};

/**
 * The command line that runs `argv` as a machine: with a view of its own files alone, without any right, bounded. `inside` is a shell script that runs first, within the
 * same walls, and becomes the words it is given. Makes and gives away what that needs in the directory.
 */
export const confine = ({ walls, cgroups }: Confinement, tenant: Tenant, inside: string, argv: readonly string[]): string[] => {
  const { view, secrets, share } = tenant;
  makeRunDir(view.dir);
  const uid = walls.kind === "own-uid" ? giveAway(view.dir, walls.uids, [...view.write, ...secrets]) : -1;
  const library = tenant.opensForWriting && walls.kind !== "none" ? preload(view.dir) : null;
  const read = [...view.read, ...secrets, ...(library === null ? [] : [library])];
  return [
    ...("base" in cgroups ? ["sh", "-c", JOIN, makeGroup(cgroups, view.dir, share)] : []),
    ...limits(walls),
    ...(walls.kind === "none" ? [] : boxArgv({ ...view, read }, walls.kind)),
    ...becoming(walls, uid, groupsOf(view.devices)),
    ...["sh", "-c", inside, "vitrine-machine"],
    ...(library === null ? [] : ["env", `LD_PRELOAD=${library}`]),
    ...argv,
  ];
};
