import type { Emit } from "../timeline/timeline.ts";
import type { Caller } from "./caller.ts";

export interface Use {
  /** A call's operationId, or `cdp` or `display` for a connection. */
  action: string;
  computerId: string | null;
  /** Ids in the call's path, beside the computer's. */
  path?: Record<string, unknown>;
  /** Ids of what it made. */
  made?: readonly unknown[];
  /** Why it was refused. */
  code?: string;
}

/** Tells the timeline who used which power. Ids only: what a query or a body says stays out of it. */
export const audit = (emit: Emit, caller: Pick<Caller, "id">, { action, computerId, path = {}, made, code }: Use): void =>
  emit({
    type: "audit",
    computer_id: computerId,
    actor: caller.id,
    data: { action, ...(Object.keys(path).length > 0 && { path }), ...(made && { made }), ...(code && { code }) },
  });
