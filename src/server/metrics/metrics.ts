import { Registry } from "prom-client";
import type { Event } from "../../contract/events.ts";
import { addCounters } from "./counters.ts";
import { addGauges, type Present } from "./gauges.ts";
import { addLatency } from "./latency.ts";
import { addOrphans } from "./orphans.ts";
import { processMetrics } from "./process.ts";

export interface MetricsPorts extends Present {
  /** Calls back with each event of the timeline. */
  onEvent(listener: (event: Event) => void): unknown;
}

/** What Prometheus is told: the timeline, counted, and the present, read when it is asked for. */
export const createMetrics = ({ onEvent, ...present }: MetricsPorts) => {
  const own = new Registry();
  onEvent(addCounters(own));
  const orphaned = addOrphans(own);
  const pinged = addLatency(own);
  addGauges(own, present);
  const all = Registry.merge([own, processMetrics()]);
  return { contentType: all.contentType, text: (): Promise<string> => all.metrics(), orphaned, pinged };
};
export type Metrics = ReturnType<typeof createMetrics>;
