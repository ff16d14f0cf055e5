import type { EventType } from "../../contract/events.ts";

export interface NewEvent {
  type: EventType;
  /** Null: an event of the service itself. */
  computer_id: string | null;
  /** The id of the key or link that asked for it. */
  actor?: string | null;
  data?: Record<string, unknown>;
}

/** Writes down what happened. Never throws and never waits: an event that cannot be kept is logged and lost. */
export type Emit = (event: NewEvent) => void;
