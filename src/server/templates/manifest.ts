import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";

/** The files of a template that a restore reads. They never change. */
export const FILES = ["memory", "state", "root.qcow2", "root.overlay.qcow2", "workspace.qcow2", "workspace.overlay.qcow2"] as const;

const FileMark = z.object({ size: z.int(), mtime_ms: z.number(), inode: z.int(), sha256: z.string() });

/** manifest.json of a finished template, mode 0600. It is written last, so its presence marks the template complete. */
export const Manifest = z.object({
  key: z.string(),
  shape: z.object({
    template: z.string(),
    mode: z.string(),
    vcpus: z.int(),
    ram_mb: z.int(),
    disk_size_mb: z.int(),
    viewport: z.object({ width: z.int(), height: z.int() }),
  }),
  image_id: z.string(),
  built_at: z.iso.datetime(),
  /** What the guest's agent takes until a clone has been given its own. Of no use for anything that runs. */
  secret: z.string(),
  /** Bytes on disk. */
  size: z.int(),
  files: z.record(z.enum(FILES), FileMark),
});
export type Manifest = z.infer<typeof Manifest>;
type FileMark = z.infer<typeof FileMark>;

export const MANIFEST = "manifest.json";

const sha256 = async (file: string, signal?: AbortSignal): Promise<string> => {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: 4 * 1024 * 1024 }), hash, { signal });
  return hash.digest("hex");
};

const look = async (file: string): Promise<Omit<FileMark, "sha256">> => {
  const { size, mtimeMs, ino } = await stat(file);
  return { size, mtime_ms: mtimeMs, inode: ino };
};

/** Reads each file whole: some seconds for a memory of gigabytes. */
export const markFiles = async (dir: string, signal?: AbortSignal): Promise<Manifest["files"]> => {
  const marks = await Promise.all(
    FILES.map(async (name) => [name, { ...(await look(join(dir, name))), sha256: await sha256(join(dir, name), signal) }] as const),
  );
  return Object.fromEntries(marks) as Manifest["files"];
};

export const writeManifest = async (dir: string, manifest: Manifest): Promise<void> => {
  const fresh = join(dir, `${MANIFEST}.${randomUUID()}`);
  await writeFile(fresh, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
  await rename(fresh, join(dir, MANIFEST));
};

export const readManifest = async (dir: string): Promise<Manifest | null> => {
  try {
    return Manifest.parse(JSON.parse(await readFile(join(dir, MANIFEST), "utf8")));
  } catch {
    return null;
  }
};

/**
 * The manifest of files that are those that were written, with their marks as they are now; null when one is not. A file that was not touched since is taken at its word,
 * which is a matter of microseconds; one that was is read and compared. `thorough` reads them all.
 */
export const verify = async (
  dir: string,
  manifest: Manifest,
  { thorough = false, signal }: { thorough?: boolean; signal?: AbortSignal } = {},
): Promise<Manifest | null> => {
  const files = { ...manifest.files };
  for (const name of FILES) {
    const mark = files[name];
    const now = await look(join(dir, name)).catch(() => null);
    if (!now || now.size !== mark.size) return null;
    const untouched = now.mtime_ms === mark.mtime_ms && now.inode === mark.inode;
    if ((thorough || !untouched) && (await sha256(join(dir, name), signal)) !== mark.sha256) return null;
    files[name] = { ...now, sha256: mark.sha256 };
  }
  return { ...manifest, files };
};
