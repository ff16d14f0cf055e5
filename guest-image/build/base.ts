import { createWriteStream, existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createZstdCompress } from "node:zlib";
import type { TemplateName } from "../../src/contract/computer.ts";
import type { Progress } from "../../src/server/progress.ts";
import { hostAptAccess } from "./apt-host.ts";
import type { AptSources } from "./apt-sources.ts";
import { withLock } from "./lock.ts";
import { debootstrapPercent } from "./percent.ts";
import { packagesOf, pathExcludes, readRecipe, trimOf } from "./recipe.ts";
import { run } from "./run.ts";

const DAY_MS = 86_400_000;
const KEPT_MS = 14 * DAY_MS;

/** Packages once fetched are kept for the next template; those that no build has wanted for two weeks go. */
const removeOld = async (dir: string): Promise<void> => {
  for (const name of await readdir(dir)) {
    const path = join(dir, name);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > KEPT_MS) await rm(path, { recursive: true, force: true });
  }
};

/** Arguments of mmdebstrap, which writes a tar to stdout. */
const mmdebstrapArgs = (template: TemplateName, sources: AptSources, sourcesFile: string, debs: string, options: string[]): string[] => [
  "--verbose",
  "--variant=apt",
  "--format=tar",
  "--architectures=amd64",
  "--skip=download/empty,essential/unlink",
  ...options.map((option) => `--aptopt=${option}`),
  "--dpkgopt=force-unsafe-io",
  ...pathExcludes().map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
  `--include=${packagesOf(template).join(",")}`,
  '--setup-hook=mkdir -p "$1/var/cache/apt/archives"',
  `--setup-hook=sync-in ${debs} /var/cache/apt/archives`,
  ...sources.keyrings.flatMap((path) => [`--customize-hook=mkdir -p "$1$(dirname ${path})"`, `--customize-hook=upload ${path} ${path}`]),
  `--customize-hook=${readRecipe("hooks/customize.sh")}`,
  `--customize-hook=sync-out /var/cache/apt/archives ${debs}`,
  sources.suite,
  "-",
  sourcesFile,
];

const build = async (
  template: TemplateName,
  sources: AptSources,
  work: string,
  debs: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<void> => {
  const access = hostAptAccess();
  const sourcesFile = join(work, "debian.sources");
  await writeFile(sourcesFile, sources.text);
  const percent = debootstrapPercent();
  await run("mmdebstrap", mmdebstrapArgs(template, sources, sourcesFile, debs, access.options), {
    signal,
    // Root's temporary tree goes with the work directory. Another user's is owned by subordinate ids, for which the cache may be closed.
    env: { ...access.env, TRIM: trimOf(template).join("\n"), ...(process.getuid?.() === 0 && { TMPDIR: work }) },
    onLine: (line) => {
      const news = percent(line);
      if (news) progress({ step: "packages", ...news });
    },
    stdout: [createZstdCompress(), createWriteStream(join(work, "root.tar.zst"))],
  });
};

/**
 * The root file system of Debian packages as `<cacheDir>/base/<id>/root.tar.zst`; built when it is not there. Everything of ours comes on top of it
 * in seconds, so it is only built anew when package lists or apt sources change.
 */
export const ensureBase = async (
  template: TemplateName,
  id: string,
  sources: AptSources,
  cacheDir: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<string> => {
  const [bases, debs] = [join(cacheDir, "base"), join(cacheDir, "apt")];
  const archive = join(bases, id, "root.tar.zst");
  await mkdir(bases, { recursive: true });
  await mkdir(debs, { recursive: true });
  await withLock(bases, id, progress, signal, async (told) => {
    if (!existsSync(archive)) {
      const work = join(bases, `.build-${id}`);
      await rm(work, { recursive: true, force: true });
      await mkdir(work);
      try {
        told({ step: "packages", message: `Building Debian ${sources.suite} with the packages of '${template}'`, percent: 0 });
        await build(template, sources, work, debs, told, signal);
        await rename(work, join(bases, id));
      } finally {
        await rm(work, { recursive: true, force: true });
      }
      await removeOld(debs);
      await removeOld(bases);
    }
    const now = new Date();
    await utimes(join(bases, id), now, now);
  });
  return archive;
};
