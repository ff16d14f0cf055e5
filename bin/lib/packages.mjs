import { readFileSync, rmSync } from "node:fs";
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

/** npm writes its record as the last step, so that a broken-off install counts as none. */
const recordIn = (root) => packagesOf(join(root, "node_modules", ".package-lock.json"));

/**
 * True when node_modules holds what package-lock.json asks for; without `dev`, what the service and the command run with. Optional packages may be absent:
 * they are other platforms' builds.
 */
export const packagesAreCurrent = (root, { dev = true } = {}) => {
  const wanted = packagesOf(join(root, "package-lock.json"));
  if (wanted === null) return true; // An installed package: npm has seen to its dependencies.
  const found = recordIn(root);
  if (found === null) return false;
  return Object.entries(wanted).every(([path, want]) => {
    if (path === "" || (want.dev && !dev)) return true;
    const have = found[path];
    return have ? have.version === want.version && have.integrity === want.integrity : Boolean(want.optional || (want.devOptional && !dev));
  });
};

/**
 * Makes node_modules as package-lock.json has it; without `dev`, packages for tests, examples and linters are not fetched, and stay where they are there.
 * `npm install --no-save` rather than `npm ci`: both keep to the lock, but ci refuses one that lacks another platform's optional build, as does every lock made
 * against a registry that does not hold them all.
 */
export const ensurePackages = async ({ dev = true, root = ROOT } = {}) => {
  if (packagesAreCurrent(root, { dev })) return;
  say("installing npm packages");
  const found = recordIn(root);
  // Without npm's record it is unknown what is there, perhaps half of it.
  if (found === null) rmSync(join(root, "node_modules"), { recursive: true, force: true });
  const whole = dev || Object.values(found ?? {}).some((have) => have.dev);
  const which = whole ? "--include=dev" : "--omit=dev";
  await npm(["install", "--no-save", which, "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root });
};
