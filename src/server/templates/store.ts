import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readlink, rm, stat, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { ifUnlocked } from "../../../guest-image/build/lock.ts";
import { type Disk, diskFile } from "../disk.ts";
import type { DiskBase } from "../machine/machine.ts";
import { MANIFEST, type Manifest, readManifest, verify, writeManifest } from "./manifest.ts";
import type { Shape } from "./shape.ts";
import type { Template } from "./template.ts";

export const templatesDir = (cacheDir: string): string => join(cacheDir, "templates");
/** Links to the directories of the computers whose disk or memory is based on a template: while one of those is there, so is the template. */
const REFS = "refs";
const BUILDING = ".build-";

/** An empty overlay of a template's disk, in the template's directory. */
export const overlayFile = (disk: Disk): string => `${disk}.overlay.qcow2`;
const diskBase = (dir: string, disk: Disk): DiskBase => ({ file: join(dir, diskFile(disk)), overlay: join(dir, overlayFile(disk)) });

export const templateAt = (dir: string, { key, shape, secret }: Pick<Manifest, "key" | "shape" | "secret">): Template => ({
  key,
  dir,
  shape: shape as Shape,
  disks: { root: diskBase(dir, "root"), workspace: diskBase(dir, "workspace") },
  state: { file: join(dir, "state"), memory: join(dir, "memory"), exact: true },
  secret,
});

/**
 * The template with this key, if one is there and whole. A key may have several directories, since a broken one stays for as long as a computer needs what is left of
 * it; it is never given out again.
 */
export const findTemplate = async (cacheDir: string, key: string): Promise<Template | null> => {
  const root = templatesDir(cacheDir);
  for (const name of await readdir(root).catch(() => [])) {
    if (!name.startsWith(`${key}-`)) continue;
    const dir = join(root, name);
    const manifest = await readManifest(dir);
    const verified = manifest && (await verify(dir, manifest));
    if (verified) {
      // What was read once need not be read at every create from then on.
      if (!isDeepStrictEqual(verified, manifest)) await writeManifest(dir, verified);
      const now = new Date();
      await utimes(dir, now, now);
      return templateAt(dir, manifest);
    }
    await discardTemplate(dir);
  }
  return null;
};

/** Takes a template out of use. Its files go with the last computer that is based on them. */
export const discardTemplate = async (dir: string): Promise<void> => {
  await rm(join(dir, MANIFEST), { force: true });
  if ((await liveRefs(dir)).length === 0) await rm(dir, { recursive: true, force: true });
};

/** Says that the computer in `computerDir` is based on the template in `dir`. */
export const refer = async (dir: string, computerId: string, computerDir: string): Promise<void> => {
  const refs = join(dir, REFS);
  await mkdir(refs, { recursive: true });
  await symlink(computerDir, join(refs, computerId)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
};

/** Takes back what refer() said; a template out of use goes with its last computer. */
export const unrefer = async (dir: string, computerId: string): Promise<void> => {
  await rm(join(dir, REFS, computerId), { force: true });
  if (!(await readManifest(dir))) await discardTemplate(dir);
};

/** The computers that are based on a template; links to what is gone are removed. */
const liveRefs = async (dir: string): Promise<string[]> => {
  const live: string[] = [];
  for (const name of await readdir(join(dir, REFS)).catch(() => [])) {
    const ref = join(dir, REFS, name);
    if (existsSync(await readlink(ref).catch(() => ""))) live.push(name);
    else await rm(ref, { force: true });
  }
  return live;
};

/** Where a new template with this key is to be. */
export const freshDir = (cacheDir: string, key: string): string => join(templatesDir(cacheDir), `${key}-${randomBytes(4).toString("hex")}`);

/** Bytes that a template takes on the disk. */
export const sizeOnDisk = async (dir: string): Promise<number> => {
  let sum = 0;
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) sum += (await stat(join(entry.parentPath, entry.name))).blocks * 512;
  }
  return sum;
};

export const listTemplates = async (cacheDir: string): Promise<{ dir: string; manifest: Manifest; used: Date }[]> => {
  const root = templatesDir(cacheDir);
  const names = await readdir(root).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const dir = join(root, name);
      const manifest = name.startsWith(BUILDING) ? null : await readManifest(dir);
      return manifest ? [{ dir, manifest, used: (await stat(dir)).mtime }] : [];
    }),
  );
  return found.flat();
};

/** Removes discarded templates whose last computer is gone. Answers how many. */
export const removeDiscarded = async (cacheDir: string): Promise<number> => {
  const root = templatesDir(cacheDir);
  let count = 0;
  for (const name of await readdir(root).catch(() => [])) {
    const dir = join(root, name);
    // A manifest that this release cannot read may be another's, which has the same cache.
    if (name.startsWith(BUILDING) || existsSync(join(dir, MANIFEST)) || (await liveRefs(dir)).length > 0) continue;
    await rm(dir, { recursive: true, force: true });
    count++;
  }
  return count;
};

/**
 * Removes what nobody needs any more: discarded templates whose last computer is gone, and, of the others, those used longest ago until all together take no more
 * than `capBytes`; `keep` stays.
 */
export const evict = async (cacheDir: string, capBytes: number, keep: string): Promise<void> => {
  await removeDiscarded(cacheDir);
  const all = (await listTemplates(cacheDir)).sort((a, b) => a.used.getTime() - b.used.getTime());
  let sum = all.reduce((total, { manifest }) => total + manifest.size, 0);
  for (const { dir, manifest } of all) {
    if (sum <= capBytes) return;
    if (manifest.key === keep || (await liveRefs(dir)).length > 0) continue;
    await rm(dir, { recursive: true, force: true });
    sum -= manifest.size;
  }
};

export const buildDir = (cacheDir: string, key: string): string => join(templatesDir(cacheDir), `${BUILDING}${key}`);

/**
 * Removes from `root`, where templates or images are, what builders that are gone have left; answers how many. `clear` ends whatever runs in the directory it is
 * given.
 */
export const removeAbandoned = async (root: string, clear: (dir: string) => Promise<void> = async () => {}): Promise<number> => {
  let count = 0;
  for (const name of await readdir(root).catch(() => [])) {
    if (!name.startsWith(BUILDING)) continue;
    await ifUnlocked(root, name.slice(BUILDING.length), async () => {
      // A builder may just have come to its end.
      if (!existsSync(join(root, name))) return;
      await clear(join(root, name));
      await rm(join(root, name), { recursive: true, force: true });
      count++;
    });
  }
  return count;
};
