import { delimiter } from "node:path";
import type { Config } from "../../../server/setup/config.ts";

/**
 * The configuration, for a command that runs on the service's own machine. From here on PATH has the system's own folders too: an ordinary
 * user's may lack /usr/sbin, where ip and mke2fs are.
 */
export const hostConfig = async (): Promise<Config> => {
  const { readConfig } = await import("../../../server/setup/config.ts");
  const { searchPath } = await import("../../../server/setup/executables.ts");
  process.env.PATH = searchPath().join(delimiter);
  return readConfig(process.env);
};

/** The log of a command that says all in its progress and its answer. */
export const silent = { info: () => {}, warn: () => {}, error: () => {} };
