import type { CreateComputer, Status } from "../../contract/computer.ts";
import type { GuestImage, MachineRecord } from "../machine/machine.ts";
import type { Template } from "../templates/template.ts";

/** A computer as the store keeps it. Times are ISO 8601. */
export interface ComputerRecord {
  id: string;
  name: string;
  /** The key that made it; null: the operator's. */
  key_id: string | null;
  status: Status;
  /** The validated create request, defaults filled in. */
  spec: Omit<CreateComputer, "name">;
  /** What its disk is based on, and so must be booted with; null until that is known. */
  image: GuestImage | null;
  /** The template that its disk and memory are based on; null: it was booted. */
  template: Pick<Template, "key" | "dir"> | null;
  /** Present while a VMM may exist. */
  machine: MachineRecord | null;
  /** Where the rest of its memory is while it is suspended; null while it is not. */
  suspended: { memory: string | null } | null;
  created_at: string;
  started_at: string | null;
  stopped_at: string | null;
  expires_at: string | null;
  last_error: { code: string; message: string } | null;
  start_kind: "restored" | "booted" | "resumed" | null;
  ready_ms: number | null;
  ready_phases: Record<string, number> | null;
}

/** Fields that are kept as JSON. */
export const JSON_FIELDS = [
  "spec",
  "image",
  "template",
  "machine",
  "suspended",
  "last_error",
  "ready_phases",
] as const satisfies readonly (keyof ComputerRecord)[];

export const hasBrowser = (record: Pick<ComputerRecord, "spec">): boolean => record.spec.template !== "scratch";
export const hasDisplay = (record: Pick<ComputerRecord, "spec">): boolean => hasBrowser(record) && record.spec.browser.mode === "live";
