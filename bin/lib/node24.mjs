import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { npm, SetupError, say } from "./npm.mjs";
import { cacheDir } from "./where.mjs";

/** The oldest Node that runs the sources: type stripping and node:sqlite. */
export const OLDEST_MAJOR = 24;
const VERSION = "24.21.0";
/** The npm package, per architecture, that holds the binary. */
export const NODE_PACKAGE = `node-linux-${process.arch}@${VERSION}`;

const major = (version) => Number(version.split(".")[0]);
export const isNewEnough = (version = process.versions.node) => major(version) >= OLDEST_MAJOR;

const packageName = () => {
  if (process.platform === "linux" && (process.arch === "x64" || process.arch === "arm64")) return `node-linux-${process.arch}`;
  throw new SetupError(`Node ${OLDEST_MAJOR} or newer is needed and this is Node ${process.versions.node}; install it and try again`);
};

/** The binary below `home`, when it is whole: npm makes the binary and package.json in one step, by a rename. */
const installed = (home, name) => {
  const folder = join(home, "node_modules", name);
  try {
    accessSync(join(folder, "bin", "node"), constants.X_OK);
    return isNewEnough(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version) ? join(folder, "bin", "node") : null;
  } catch {
    return null;
  }
};

/** Path of a Node that is new enough: this one, or the one in the cache directory. */
export const ensureNode24 = async (cache = cacheDir()) => (isNewEnough() ? process.execPath : nodeFromNpm(cache));

/**
 * Path of the Node that npm puts into the cache directory. Made beside and renamed, so that two starts at once, or one that was broken off, do no harm.
 */
export const nodeFromNpm = async (cache) => {
  const name = packageName();
  const home = join(cache, "node");
  const found = installed(home, name);
  if (found) return found;

  say(`fetching Node ${VERSION} (45 MB, once)`);
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, "node-"));
  try {
    await npm(
      ["install", "--prefix", fresh, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", NODE_PACKAGE],
      { cwd: fresh },
    );
    if (!installed(fresh, name)) throw new SetupError(`the npm package ${name} holds no Node; install Node ${OLDEST_MAJOR} yourself`);
    if (!installed(home, name)) {
      rmSync(home, { recursive: true, force: true });
      try {
        renameSync(fresh, home);
      } catch (error) {
        if (!installed(home, name)) throw error; // Another start was first, which is as good.
      }
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return join(home, "node_modules", name, "bin", "node");
};
