import { Counter, type Registry } from "prom-client";
import { type OnOrphan, ORPHAN_KINDS } from "../orphans.ts";

/** What earlier services have left and this one has removed. */
export const addOrphans = (register: Registry): OnOrphan => {
  const counter = new Counter({
    name: "vitrine_orphans_removed_total",
    help: "Things without an owner that were removed, by what they were",
    labelNames: ["kind"],
    registers: [register],
  });
  for (const kind of ORPHAN_KINDS) counter.inc({ kind }, 0);
  return (kind) => counter.inc({ kind });
};
