import { constants } from "node:fs";
import { access, chmod, stat, statfs } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { dirname } from "node:path";
import type { Config } from "../config.ts";
import type { Check } from "./check.ts";

const OLDEST_NODE = 24;
const GIB = 1024 ** 3;
/** One computer of the default size, and the service beside it. */
const LEAST_MEMORY = 3 * GIB;
/** An image being built, unpacked and packed. */
const LEAST_CACHE = 4 * GIB;
/** A computer or two with some files. */
const LEAST_DATA = 2 * GIB;

const gib = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`;

export const nodeVersion = (version = process.versions.node): Check => {
  const ok = Number(version.split(".")[0]) >= OLDEST_NODE;
  const check = { name: "node", ok, needed: true, found: version, why: `The service runs on Node ${OLDEST_NODE} or newer.` };
  return ok ? check : { ...check, fix: "Start it with 'npm start' or bin/vitrine.mjs, which fetch a newer Node." };
};

export const resources = (cores = availableParallelism(), memory = totalmem()): Check => {
  const ok = memory >= LEAST_MEMORY;
  const check = {
    name: "cores and memory",
    ok,
    needed: false,
    found: `${cores} cores, ${gib(memory)}`,
    why: "A computer takes 2 cores and 2 GiB unless told otherwise.",
  };
  return ok ? check : { ...check, fix: "Create computers with a smaller ram_mb." };
};

/** The directory, or the nearest one above it that exists: where it will be made. */
const nearest = async (dir: string): Promise<string> => {
  const exists = await stat(dir).then(
    () => true,
    () => false,
  );
  return exists || dir === dirname(dir) ? dir : nearest(dirname(dir));
};

const space = async (name: string, dir: string, least: number, why: string): Promise<Check> => {
  const { bavail, bsize } = await statfs(await nearest(dir));
  const free = bavail * bsize;
  const check = { name, ok: free >= least, needed: true, found: `${gib(free)} free for ${dir}`, why };
  return check.ok ? check : { ...check, fix: `Make room for ${gib(least)}, or choose another folder.` };
};

export const diskSpace = async ({ dataDir, cacheDir }: Pick<Config, "dataDir" | "cacheDir">): Promise<Check[]> => [
  await space(
    "space for computers",
    dataDir,
    LEAST_DATA,
    `Disks of computers grow up to ${10240 / 1024} GiB each by default (VITRINE_DATA_DIR).`,
  ),
  await space("space for images", cacheDir, LEAST_CACHE, "Guest images are built and kept there (VITRINE_CACHE_DIR)."),
];

/** Others must not read the data directory: it holds the API key and every computer's secret. */
export const dataDirectory = async ({ dataDir }: Pick<Config, "dataDir">, uid = process.getuid?.() ?? -1): Promise<Check> => {
  const base = { name: "data directory", needed: true, why: "It holds the API key and the computers." };
  const place = await nearest(dataDir);
  const writable = await access(place, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (place !== dataDir) {
    const found = `${dataDir} is not there yet`;
    return writable
      ? { ...base, ok: true, found }
      : { ...base, ok: false, found, fix: `${place} may not be written; set VITRINE_DATA_DIR.` };
  }
  const info = await stat(dataDir);
  const mode = (info.mode & 0o777).toString(8).padStart(4, "0");
  const found = `${dataDir}, mode ${mode}`;
  if (!info.isDirectory()) return { ...base, ok: false, found: `${dataDir} is not a folder`, fix: "Move it away or set VITRINE_DATA_DIR." };
  if (!writable || info.uid !== uid)
    return { ...base, ok: false, found: `${found}, owned by uid ${info.uid}`, fix: `sudo chown -R ${uid} ${dataDir}` };
  return info.mode & 0o077
    ? { ...base, ok: false, found, fix: `chmod 700 ${dataDir}`, mend: () => chmod(dataDir, 0o700) }
    : { ...base, ok: true, found };
};
