import { CreateComputer } from "../../src/contract/computer.ts";
import type { ComputerRecord } from "../../src/server/computers/record.ts";

/** A computer as the store keeps it, about to be made. */
export const computerRecord = (id: string, name: string, change: Partial<ComputerRecord> = {}): ComputerRecord => {
  const { name: _, ...spec } = CreateComputer.parse({ metadata: { a: "b" } });
  return {
    id,
    key_id: null,
    name,
    spec,
    status: "creating",
    image: null,
    template: null,
    machine: null,
    suspended: null,
    created_at: new Date().toISOString(),
    started_at: null,
    stopped_at: null,
    expires_at: null,
    last_error: null,
    start_kind: null,
    ready_ms: null,
    ready_phases: null,
    ...change,
  };
};
