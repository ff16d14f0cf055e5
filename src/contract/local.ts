import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Where a service and its clients on the same machine meet when nothing is configured. */
export const DEFAULT_LISTEN = { host: "127.0.0.1", port: 7780 } as const;

type Env = Readonly<Record<string, string | undefined>>;

/** Folder of the service's records and computers. */
export const dataDir = (env: Env): string =>
  resolve(env.VITRINE_DATA_DIR || join(env.XDG_DATA_HOME || join(homedir(), ".local", "share"), "vitrine"));

/** Folder of images and templates, shared by all data directories. */
export const cacheDir = (env: Env): string => resolve(env.VITRINE_CACHE_DIR || join(homedir(), ".cache", "vitrine"));

/** The file (mode 0600) with the service's API key, unless VITRINE_API_KEY gives it. */
export const apiKeyFile = (dir: string): string => join(dir, "api-key");
