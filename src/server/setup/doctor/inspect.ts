import type { Config } from "../config.ts";
import type { Check } from "./check.ts";
import { dataDirectory, diskSpace, nodeVersion, resources } from "./host.ts";
import { images, templates } from "./images.ts";
import { acceleration, confinement } from "./machine.ts";
import { packages } from "./packages.ts";

/** Looks at everything the service needs of the host. Changes nothing, except that a first look at KVM boots its test guest. */
export const inspectHost = async (config: Config, signal: AbortSignal): Promise<Check[]> => [
  nodeVersion(),
  ...packages(),
  ...(await images(config)),
  await templates(config, signal),
  await acceleration(config, signal),
  ...(await confinement(config, signal)),
  resources(),
  await dataDirectory(config),
  ...(await diskSpace(config)),
];
