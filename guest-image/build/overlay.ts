import { existsSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import type { TemplateName } from "../../src/contract/computer.ts";
import { ensureNode24 } from "./node24.ts";
import { layersOf, RECIPE_DIR } from "./recipe.ts";
import { run } from "./run.ts";

/** Lays out in `dir` all that is ours in the guest: scripts and settings of the template's layers, the agent as one file, and its Node. */
export const makeOverlay = async (
  template: TemplateName,
  dir: string,
  cacheDir: string,
  agentEntry: string,
  signal?: AbortSignal,
): Promise<void> => {
  await mkdir(dir);
  for (const layer of layersOf(template)) {
    const from = join(RECIPE_DIR, "rootfs", layer);
    if (existsSync(from)) await cp(from, dir, { recursive: true });
  }
  const home = join(dir, "opt", "vitrine");
  await build({
    entryPoints: [agentEntry],
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    outfile: join(home, "agent.mjs"),
    logLevel: "silent",
  });
  const node = await ensureNode24(cacheDir);
  await cp(node, join(home, "node"));
  // 18 MB of symbols; without binutils they stay.
  await run("strip", [join(home, "node")], { signal }).catch(() => signal?.throwIfAborted());
};
