import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { npm, say } from "./npm.mjs";
import { ROOT } from "./where.mjs";

const packagesOf = (file) => {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages ?? {};
  } catch {
    return null;
  }
};

/**
 * True when node_modules holds what package-lock.json asks for. npm writes node_modules/.package-lock.json as its last step, so a
 * broken-off install counts as none. Optional packages may be absent: they are other platforms' builds.
 */
export const packagesAreCurrent = (root) => {
  const wanted = packagesOf(join(root, "package-lock.json"));
  if (wanted === null) return true; // An installed package: npm has seen to its dependencies.
  const found = packagesOf(join(root, "node_modules", ".package-lock.json"));
  if (found === null) return false;
  return Object.entries(wanted).every(([path, want]) => {
    if (path === "") return true;
    const have = found[path];
    return have ? have.version === want.version && have.integrity === want.integrity : Boolean(want.optional);
  });
};

/**
 * Makes node_modules as package-lock.json has it. `npm install --no-save` rather than `npm ci`: both keep to the lock, but ci refuses one that
 * lacks another platform's optional build, as does every lock made against a registry that does not hold them all.
 */
export const ensurePackages = async (root = ROOT) => {
  if (packagesAreCurrent(root)) return;
  say("installing npm packages");
  const modules = join(root, "node_modules");
  // Without npm's record it is unknown what is there, perhaps half of it.
  if (!existsSync(join(modules, ".package-lock.json"))) rmSync(modules, { recursive: true, force: true });
  await npm(["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root });
};
