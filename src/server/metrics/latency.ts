import { Histogram, type Registry } from "prom-client";

/** Seconds: some milliseconds on a quiet host, and many seconds where a guest is hardly given the processor. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** How long guests take to answer the ping that each is sent every ten seconds. Milliseconds. */
export const addLatency = (register: Registry): ((ms: number) => void) => {
  const pings = new Histogram({
    name: "vitrine_guest_ping_seconds",
    help: "Seconds from a ping over a guest's link to its answer",
    buckets: BUCKETS,
    registers: [register],
  });
  return (ms) => pings.observe(ms / 1000);
};
