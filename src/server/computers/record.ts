import type { CreateComputer, Status } from "../../contract/computer.ts";
import type { MachineRecord } from "../machine/machine.ts";

/** A computer as the store keeps it. Times are ISO 8601. */
export interface ComputerRecord {
  id: string;
  name: string;
  status: Status;
  /** The validated create request, defaults filled in. */
  spec: Omit<CreateComputer, "name">;
  /** Present while a VMM may exist. */
  machine: MachineRecord | null;
  created_at: string;
  started_at: string | null;
  stopped_at: string | null;
  expires_at: string | null;
  last_error: { code: string; message: string } | null;
  start_kind: "restored" | "booted" | "resumed" | null;
  ready_ms: number | null;
}

export const hasBrowser = (record: ComputerRecord): boolean => record.spec.template !== "scratch";
export const hasDisplay = (record: ComputerRecord): boolean => hasBrowser(record) && record.spec.browser.mode === "live";
