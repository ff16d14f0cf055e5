import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "../../../guest-image/build/lock.ts";
import { VitrineError } from "../../contract/errors.ts";
import { buildDashboard } from "../../dashboard/build.mjs";
import type { Progress } from "../progress.ts";

const SRC = join(dirname(fileURLToPath(import.meta.url)), "../../../src");
/** Where a package that is installed has it, built when the package was made. */
const PACKAGED = join(SRC, "dashboard/built");
/** What it is made of: its sources, the contract that they import, and the versions of the libraries. */
const SOURCES = [join(SRC, "dashboard"), join(SRC, "contract")];
const VERSIONS = join(SRC, "../package-lock.json");

const STEP = "dashboard";

/** A name for what the dashboard is made of. */
const contentHash = async (): Promise<string> => {
  const files = [VERSIONS];
  for (const folder of SOURCES) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    files.push(...entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name)));
  }
  const hash = createHash("sha256");
  for (const file of files.sort())
    hash
      .update(`${file.slice(SRC.length)}\0`)
      .update(await readFile(file))
      .update("\0");
  return hash.digest("hex").slice(0, 24);
};

export interface DashboardOptions {
  cacheDir: string;
  progress: Progress;
  signal: AbortSignal;
}

/**
 * The folder of the built dashboard: the package's own, or else `<cacheDir>/dashboard/<hash>`, built when it is not there, by one at a time. Throws
 * setup_incomplete.
 */
export const ensureDashboard = async ({ cacheDir, progress, signal }: DashboardOptions): Promise<string> => {
  if (existsSync(PACKAGED)) return PACKAGED;
  const root = join(cacheDir, "dashboard");
  const id = await contentHash();
  const folder = join(root, id);
  if (existsSync(folder)) return folder;
  await mkdir(root, { recursive: true });
  await withLock(root, id, progress, signal, async (told) => {
    if (existsSync(folder)) return;
    told({ step: STEP, message: "building the pages of the dashboard" });
    const work = join(root, `.build-${id}`);
    try {
      await buildDashboard(work);
      await rename(work, folder);
      told({ step: STEP, message: "the dashboard is built", percent: 100 });
    } catch (error) {
      signal.throwIfAborted();
      const why = error instanceof Error ? error.message : String(error);
      throw new VitrineError("setup_incomplete", { reason: `the dashboard could not be built: ${why}` }, { cause: error });
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  return folder;
};
