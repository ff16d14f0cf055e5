import { collectDefaultMetrics, Registry } from "prom-client";

let registry: Registry | null = null;

/** The metrics of this process, which are measured once, however many services run in it. */
export const processMetrics = (): Registry => {
  if (registry) return registry;
  registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
};
