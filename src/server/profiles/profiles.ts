import { createReadStream, createWriteStream, existsSync, readdirSync, statSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { VitrineError } from "../../contract/errors.ts";
import { MAX_PROFILE_MB } from "../../contract/profiles.ts";
import type { OnOrphan } from "../orphans.ts";
import type { Fault } from "../points.ts";

/** Whose profile it is, null: the operator's, and what it is called. */
export interface ProfileId {
  key_id: string | null;
  name: string;
}

export interface KeptProfile extends ProfileId {
  saved_at: string;
  size_bytes: number;
}

export interface ProfilePorts {
  /** A folder for each owner, a file for each profile. */
  root: string;
  /** The largest that one may be. Bytes; default: MAX_PROFILE_MB. */
  maxBytes?: number;
  /** Throws host_disk_low. */
  requireDisk(): void;
  fault: Fault;
  orphaned: OnOrphan;
}

const OPERATOR = "operator";
const KEPT = ".tar.gz";
const DRAFT = ".new";

/** Ends what is larger than `limit` bytes. */
const capped = (limit: number): Transform => {
  let bytes = 0;
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length;
      done(bytes > limit ? new VitrineError("payload_too_large", { limit }) : null, chunk);
    },
  });
};

/** The profiles that are kept: archives that guests have made, which the host stores and gives to other guests of the same owner, and never looks into. */
export const openProfiles = ({ root, maxBytes = MAX_PROFILE_MB * 1024 * 1024, requireDisk, fault, orphaned }: ProfilePorts) => {
  /** Being written now. */
  const drafts = new Set<string>();
  const folder = ({ key_id }: Pick<ProfileId, "key_id">): string => join(root, key_id ?? OPERATOR);
  const fileOf = (id: ProfileId): string => join(folder(id), `${id.name}${KEPT}`);
  const names = (dir: string, ending: string): string[] =>
    existsSync(dir) ? readdirSync(dir).flatMap((name) => (name.endsWith(ending) ? [name.slice(0, -ending.length)] : [])) : [];
  const owners = (): (string | null)[] => (existsSync(root) ? readdirSync(root).map((name) => (name === OPERATOR ? null : name)) : []);

  const find = (id: ProfileId): KeptProfile | null => {
    const stats = statSync(fileOf(id), { throwIfNoEntry: false });
    return stats ? { ...id, saved_at: stats.mtime.toISOString(), size_bytes: stats.size } : null;
  };

  return {
    find,
    /** By name. */
    list: (): KeptProfile[] =>
      owners()
        .flatMap((key_id) => names(folder({ key_id }), KEPT).flatMap((name) => find({ key_id, name }) ?? []))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    /** Its bytes, which stay what they are should it be kept anew meanwhile. */
    read: (id: ProfileId): Readable => createReadStream(fileOf(id)),
    /** Puts a new one in its place when all of it is there; until then, and where that fails, it is what it was. Answers its bytes. Errors: host_disk_low, payload_too_large. */
    write: async (id: ProfileId, body: Readable, signal: AbortSignal): Promise<number> => {
      requireDisk();
      const file = fileOf(id);
      const draft = `${file}${DRAFT}`;
      drafts.add(draft);
      try {
        await mkdir(folder(id), { recursive: true, mode: 0o700 });
        await pipeline(body, capped(maxBytes), createWriteStream(draft, { mode: 0o600, flush: true }), { signal });
        fault("keep:written");
        await rename(draft, file);
        // So that the name is not lost either.
        const dir = await open(dirname(file));
        await dir.sync().finally(() => dir.close());
        fault("keep:kept");
        return statSync(file).size;
      } finally {
        await rm(draft, { force: true });
        drafts.delete(draft);
      }
    },
    remove: (id: ProfileId): Promise<void> => rm(fileOf(id), { force: true }),
    /** Removes what a service that was killed has left half written. */
    sweep: async (): Promise<void> => {
      for (const key_id of owners())
        for (const name of names(folder({ key_id }), `${KEPT}${DRAFT}`)) {
          const draft = `${fileOf({ key_id, name })}${DRAFT}`;
          if (drafts.has(draft)) continue;
          await rm(draft, { force: true });
          orphaned("profile");
        }
    },
  };
};
export type Profiles = ReturnType<typeof openProfiles>;
