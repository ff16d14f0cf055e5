import type { Capacity } from "../../../contract/capacity.ts";

const REASONS: Record<Capacity["limited_by"], "full" | "cpu" | "memory"> = { computers: "full", disk: "full", ram: "memory", vcpus: "cpu" };

/** The capacity of the host in Browserless's words. What is not measured here, `cpu` and `recentlyRejected`, is null. */
export const pressureOf = ({ computers, ram_mb, fits, limited_by, queue }: Capacity) => {
  const isAvailable = fits > 0;
  return {
    pressure: {
      date: Date.now(),
      isAvailable,
      reason: isAvailable ? "" : REASONS[limited_by],
      message: isAvailable ? "" : `No further computer fits: ${limited_by} runs out first`,
      running: computers.used,
      maxConcurrent: computers.total,
      queued: queue.waiting,
      maxQueued: queue.max_waiting,
      memory: Math.round((100 * ram_mb.used) / ram_mb.total),
      cpu: null,
      recentlyRejected: null,
    },
  };
};
