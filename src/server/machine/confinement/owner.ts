import { createHash } from "node:crypto";
import { chownSync, lchownSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { VitrineError } from "../../../contract/errors.ts";
import type { UidRange } from "./walls.ts";

/** The one folder of a machine's directory that the machine itself may write in: its sockets. The service follows no path through it. */
export const RUN_DIR = "run";

const isOf = ({ first, count }: UidRange, id: number): boolean => id >= first && id < first + count;

const groupOf = (path: string): number => {
  try {
    return statSync(path).gid;
  } catch {
    return -1;
  }
};

/** Where the search begins: directories of other services are likely to begin elsewhere. */
const startOf = (dir: string, { count }: UidRange): number => createHash("sha256").update(dir).digest().readUInt32BE(0) % count;

/**
 * The uid of the machine in `dir`. The directory's group is where it is written down, so it lasts as long as the directory does, whatever ends in between, and is free
 * again with it. No two machines beside each other have the same.
 */
export const uidOf = (dir: string, uids: UidRange): number => {
  const own = groupOf(dir);
  if (isOf(uids, own)) return own;
  const parent = dirname(dir);
  const taken = new Set(
    readdirSync(parent)
      .filter((name) => name !== basename(dir))
      .map((name) => groupOf(join(parent, name))),
  );
  const start = startOf(dir, uids);
  for (let i = 0; i < uids.count; i++) {
    const uid = uids.first + ((start + i) % uids.count);
    if (!taken.has(uid)) return uid;
  }
  throw new VitrineError("capacity_exceeded", { reason: "there is no uid left for a machine" });
};

/** Makes the folder that the machine in `dir` writes in. */
export const makeRunDir = (dir: string): void => {
  mkdirSync(join(dir, RUN_DIR), { recursive: true, mode: 0o700 });
};

/** Removes what the machine in `dir`, which has ended, has left there. */
export const removeSockets = (dir: string): Promise<void> => rm(join(dir, RUN_DIR), { recursive: true, force: true, maxRetries: 3 });

/**
 * Gives a machine what it may write, and `own` files that nobody else may read. The directory itself stays the service's: where a machine could make links, the
 * service's next write would follow them. Without a wait in between, so that no other machine takes the same uid.
 */
export const giveAway = (dir: string, uids: UidRange, own: readonly string[]): number => {
  const uid = uidOf(dir, uids);
  chownSync(dir, -1, uid);
  for (const path of [join(dir, RUN_DIR), ...own]) lchownSync(path, uid, uid);
  return uid;
};
