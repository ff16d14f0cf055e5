import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createZstdCompress, createZstdDecompress } from "node:zlib";
import type { TemplateName } from "../../src/contract/computer.ts";
import type { Progress } from "../../src/server/progress.ts";
import type { AptSources } from "./apt-sources.ts";
import { initramfs } from "./initramfs.ts";
import { imageAt, type Manifest, packagesIn } from "./manifest.ts";
import { NODE_PACKAGE } from "./node24.ts";
import { makeOverlay } from "./overlay.ts";
import { initramfsModules, RECIPE_DIR, type RecipeId, readRecipe } from "./recipe.ts";
import { run } from "./run.ts";

/** Bytes of all files below a directory, hard links once. */
const bytesUnder = async (dir: string): Promise<number> => {
  const seen = new Set<number>();
  let sum = 0;
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const { ino, size } = await stat(join(entry.parentPath, entry.name));
    if (!seen.has(ino)) sum += size;
    seen.add(ino);
  }
  return sum;
};

/** Bytes of the directory as a zstd archive. */
const bytesCompressed = async (dir: string, work: string, signal?: AbortSignal): Promise<number> => {
  const [archive, packed] = [join(work, "overlay.tar"), join(work, "overlay.tar.zst")];
  await run("tar", ["-c", "-f", archive, "-C", dir, "."], { signal });
  await pipeline(createReadStream(archive), createZstdCompress(), createWriteStream(packed));
  const { size } = await stat(packed);
  await Promise.all([rm(archive), rm(packed)]);
  return size;
};

export interface Assembly {
  template: TemplateName;
  recipe: RecipeId;
  sources: AptSources;
  /** The archive of Debian packages (base.ts). */
  base: string;
  cacheDir: string;
  agentEntry: string;
}

/** Makes an image's files in `work` from the packages' archive and what is ours. The manifest is written last. */
export const assemble = async (what: Assembly, work: string, progress: Progress, signal?: AbortSignal): Promise<Manifest> => {
  const { kernel, initrd, rootDisk } = imageAt(work, what.recipe.id, what.template);
  const [overlay, tree, raw] = [join(work, "overlay"), join(work, "tree"), join(work, "root.raw")];
  const say = (message: string, percent: number) => progress({ step: "image", message, percent });

  say("Bundling the guest agent", 0);
  await makeOverlay(what.template, overlay, what.cacheDir, what.agentEntry, signal);
  const overlayBytes = await bytesCompressed(overlay, work, signal);
  signal?.throwIfAborted();

  say("Making the root file system", 20);
  await mkdir(tree);
  const script = [join(RECIPE_DIR, "hooks", "assemble.sh"), tree, overlay, kernel, raw];
  const [command, args] = process.getuid?.() === 0 ? ["sh", script] : ["fakeroot", ["--", "sh", ...script]];
  await run(command as string, args as string[], { signal, stdin: createReadStream(what.base).pipe(createZstdDecompress()) });

  say("Making the initramfs", 70);
  const kernelVersion = (await readdir(join(tree, "usr/lib/modules")))[0]!;
  await writeFile(initrd, initramfs(tree, kernelVersion, readRecipe("initramfs/init"), initramfsModules()));
  const packages = packagesIn(await readFile(join(tree, "var/lib/dpkg/status"), "utf8"));
  packages[(await readFile(join(tree, "boot/package"), "utf8")).trim()] = kernelVersion;

  say("Making the disk", 75);
  await run("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", raw, rootDisk], { signal });
  const unpacked = await bytesUnder(tree);
  await Promise.all([tree, overlay, raw].map((path) => rm(path, { recursive: true, force: true })));

  const manifest: Manifest = {
    id: what.recipe.id,
    base_id: what.recipe.baseId,
    template: what.template,
    built_at: new Date().toISOString(),
    kernel_version: kernelVersion,
    node: NODE_PACKAGE,
    sizes: {
      unpacked,
      compressed: (await stat(what.base)).size + overlayBytes,
      disk: (await stat(rootDisk)).size,
      initrd: (await stat(initrd)).size,
    },
    apt_sources: what.sources.text,
    packages,
    inputs: what.recipe.inputs,
  };
  await writeFile(join(work, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
};
