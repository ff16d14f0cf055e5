import { existsSync, readdirSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TemplateName } from "../../src/contract/computer.ts";
import { VitrineError } from "../../src/contract/errors.ts";
import type { GuestImage } from "../../src/server/machine/machine.ts";
import type { Progress } from "../../src/server/progress.ts";
import { hostSources } from "./apt-host.ts";
import { assemble } from "./assemble.ts";
import { ensureBase } from "./base.ts";
import { requireTools } from "./host-tools.ts";
import { ifUnlocked, withLock } from "./lock.ts";
import { imageAt, type Manifest, readManifest } from "./manifest.ts";
import { AGENT_ENTRY, recipeId } from "./recipe.ts";

export type { Manifest } from "./manifest.ts";

export interface ImagePlace {
  /** Images live in `<cacheDir>/images/<id>/`. */
  cacheDir: string;
  /** A file of apt sources instead of the machine's own; VITRINE_APT_SOURCES when absent. */
  aptSources?: string;
}

export interface EnsureOptions extends ImagePlace {
  progress: Progress;
  signal?: AbortSignal;
  /** Another program in the agent's place. */
  agentEntry?: string;
}

const sourcesFor = (place: ImagePlace) => hostSources(place.aptSources ?? process.env.VITRINE_APT_SOURCES);
const imagesDir = (cacheDir: string): string => join(cacheDir, "images");
const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

/** The image for the present recipe and sources if it has been built; no subprocess, some milliseconds. Throws setup_incomplete when the apt sources are of no use. */
export const findImage = async (template: TemplateName, place: ImagePlace): Promise<GuestImage | null> => {
  const { id } = recipeId(template, sourcesFor(place));
  const dir = join(imagesDir(place.cacheDir), id);
  return existsSync(join(dir, "manifest.json")) ? imageAt(dir, id, template) : null;
};

/** Manifests of all complete images. */
export const listImages = (cacheDir: string): Manifest[] => {
  const dir = imagesDir(cacheDir);
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((name) => !name.startsWith("."))
    .flatMap((name) => readManifest(join(dir, name)) ?? []);
};

/** Work directories whose builder is gone. */
const removeAbandoned = async (dir: string): Promise<void> => {
  for (const name of await readdir(dir)) {
    if (!name.startsWith(".build-")) continue;
    await ifUnlocked(dir, name.slice(".build-".length), () => rm(join(dir, name), { recursive: true, force: true }));
  }
};

/**
 * The image for the present recipe and sources, built when it is not there: one builder at a time, others wait and see its progress.
 * A build that fails or is aborted leaves nothing but fetched packages. Throws setup_incomplete with one sentence.
 */
export const ensureImage = async (template: TemplateName, options: EnsureOptions): Promise<GuestImage> => {
  const { cacheDir, progress, signal, agentEntry = AGENT_ENTRY } = options;
  const sources = sourcesFor(options);
  const recipe = recipeId(template, sources, agentEntry);
  const images = imagesDir(cacheDir);
  const dir = join(images, recipe.id);
  const image = imageAt(dir, recipe.id, template);
  if (existsSync(join(dir, "manifest.json"))) return image;

  requireTools();
  await mkdir(images, { recursive: true });
  await removeAbandoned(images);
  await withLock(images, recipe.id, progress, signal, async (told) => {
    if (existsSync(join(dir, "manifest.json"))) return;
    const work = join(images, `.build-${recipe.id}`);
    try {
      const base = await ensureBase(template, recipe.baseId, sources, cacheDir, told, signal);
      await mkdir(work);
      const { sizes } = await assemble({ template, recipe, sources, base, cacheDir, agentEntry }, work, told, signal);
      await rename(work, dir);
      const message = `Image '${template}' is ready: ${megabytes(sizes.unpacked)} unpacked, ${megabytes(sizes.compressed)} compressed`;
      told({ step: "image", message, percent: 100 });
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof VitrineError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new VitrineError("setup_incomplete", { reason: `the guest image '${template}' could not be built: ${why}` }, { cause: error });
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  return image;
};
