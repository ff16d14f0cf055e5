import { readFileSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../process/run.ts";
import { findCgroups } from "./cgroup.ts";
import { confine } from "./confine.ts";
import { type Confinement, DEFAULT_UIDS, type UidRange, type Walls } from "./walls.ts";

export interface FindOptions {
  uids?: UidRange;
  signal?: AbortSignal;
}

const TRIAL_MS = 10_000;
/** Ids by name:first:count, and users by name:x:id. */
const SUBORDINATE = ["/etc/subuid", "/etc/subgid"];
const USERS = ["/etc/passwd", "/etc/group"];

const lines = (file: string): string[][] => {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line.split(":"));
  } catch {
    return [];
  }
};

/** Who has ids of the range already; null: nobody. */
export const takenBy = ({ first, count }: UidRange, subordinate = SUBORDINATE, users = USERS): string | null => {
  const meets = (from: number, size: number) => from < first + count && first < from + size;
  const given = subordinate.flatMap(lines).find(([, from, size]) => meets(Number(from), Number(size)));
  const user = users.flatMap(lines).find(([, , id]) => id && meets(Number(id), 1));
  return (given ?? user)?.[0] ?? null;
};

/** Runs a program with everything that a machine is started with, except its files. */
const tryOut = async (walls: Walls, signal?: AbortSignal): Promise<void> => {
  const dir = await realpath(await mkdtemp(join(tmpdir(), "vitrine-walls-")));
  try {
    const view = { dir, write: [], read: [], devices: [] };
    const tenant = { view, secrets: [], share: { vcpus: 1, ram_mb: 0 }, opensForWriting: false };
    const argv = confine({ walls, lacks: [], cgroups: { reason: "" } }, tenant, 'exec "$@"', ["socat", "-V"]);
    await run(argv, { cwd: dir, signal, timeoutMs: TRIAL_MS });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

/** Finds out, by trying, how machines can be confined here. Changes nothing. Rejects only with the signal's reason. */
export const findConfinement = async ({ uids = DEFAULT_UIDS, signal }: FindOptions = {}): Promise<Confinement> => {
  const lacks: string[] = [];
  const holds = async (walls: Walls): Promise<boolean> => {
    try {
      await tryOut(walls, signal);
      return true;
    } catch (error) {
      signal?.throwIfAborted();
      lacks.push(`${walls.kind}: ${(error as Error).message}`);
      return false;
    }
  };
  const cgroups = findCgroups();
  const owner = takenBy(uids);
  if (process.geteuid?.() !== 0) lacks.push("own-uid: the service does not run as root");
  else if (owner !== null) lacks.push(`own-uid: some of the uids from ${uids.first} on belong to ${owner}; set VITRINE_UID_BASE`);
  else if (await holds({ kind: "own-uid", uids })) return { walls: { kind: "own-uid", uids }, lacks, cgroups };
  if (await holds({ kind: "user-namespace" })) return { walls: { kind: "user-namespace" }, lacks, cgroups };
  return { walls: { kind: "none" }, lacks, cgroups };
};
