import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of package.json. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

export const cacheDir = (env = process.env) => resolve(env.VITRINE_CACHE_DIR || join(homedir(), ".cache", "vitrine"));

/**
 * A module of src/ to run: the source in a checkout, the compiled file beside it in an installed package. Node refuses to strip types
 * below node_modules, so the place of the package decides.
 */
export const entry = (name, root = ROOT) => join(root, "src", root.includes("/node_modules/") ? `${name}.js` : `${name}.ts`);

/** What `vitrine` runs. */
export const cliEntry = (root = ROOT) => entry("cli/main", root);
