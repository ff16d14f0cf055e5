import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of package.json. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

export const cacheDir = (env = process.env) => resolve(env.VITRINE_CACHE_DIR || join(homedir(), ".cache", "vitrine"));

/**
 * A module of src/ to run: the source in a checkout, the built file in an installed package. Node refuses to strip types below
 * node_modules, so the place of the package decides.
 */
export const entry = (name, root = ROOT) => {
  const source = join(root, "src", `${name}.ts`);
  const built = join(root, "dist", "src", `${name}.js`);
  return root.includes("/node_modules/") || !existsSync(source) ? built : source;
};

/** What `vitrine` runs. */
export const cliEntry = (root = ROOT) => entry("cli/main", root);
