import type { Displays } from "../display/display.ts";
import type { OnOrphan } from "../orphans.ts";
import type { Fault } from "../points.ts";
import type { Store } from "../store/store.ts";
import type { Emit } from "../timeline/timeline.ts";
import type { Clock } from "./clock.ts";
import type { Chapter, EndReason, RecordingRecord } from "./record.ts";

export interface RecordingLimits {
  /** Seconds that a finished recording is kept. */
  retentionS: number;
  /** MiB that all recordings may take; finished ones are removed for it, the oldest first. */
  quotaMb: number;
}

export interface Log {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** What recordings need from the rest of the service; wired in main. */
export interface Ports {
  store: Pick<Store, "recordings" | "computers" | "keys">;
  displays: Displays;
  /** Calls back with each page that the computer's browser goes to from now on; answers a function that ends it. */
  watchPages(computerId: string, onPage: (address: string) => void): () => void;
  /** Where each recording has its own directory, by its id. */
  root: string;
  limits: RecordingLimits;
  clock: Clock;
  /** Throws host_disk_low. */
  requireDisk(): void;
  emit: Emit;
  fault: Fault;
  orphaned: OnOrphan;
  log: Log;
}

/** A recording that this process makes or finalizes. */
export interface Session {
  /** Ends the filming; only the first reason counts. */
  end(reason: EndReason | "paused" | "removed"): void;
  /** Names this moment; null when the filming has ended. */
  mark(title: string): Chapter | null;
  /** Names this moment by something that happened; the oldest of such names stay when there are too many. */
  note(title: string): void;
  /** Resolves with the first picture; rejects when the display cannot be had. */
  first: Promise<void>;
  /** Resolves when nothing of it is under way any more: it is ready or failed, or left for the next service, or removed. Never rejects. */
  done: Promise<void>;
}

/** The state that the verbs share. */
export interface Studio extends Ports {
  sessions: Map<string, Session>;
  /** Finalizations under way, and those that wait. */
  slots: { busy: number; waiting: (() => void)[] };
  /** Set when the service closes: nothing new begins. */
  closing: boolean;
  /** The next look at what is too old. */
  timer: NodeJS.Timeout | undefined;
}

export const createStudio = (ports: Ports): Studio => ({
  ...ports,
  sessions: new Map(),
  slots: { busy: 0, waiting: [] },
  closing: false,
  timer: undefined,
});

export const MIB = 1024 * 1024;

export const isOpen = ({ status }: Pick<RecordingRecord, "status">): boolean => status === "recording" || status === "finalizing";
