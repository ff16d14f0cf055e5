import type { TemplateName } from "../../contract/computer.ts";
import type { Usage } from "../../contract/usage.ts";
import type { ControlLocks } from "../actions/control.ts";
import type { PerformCall } from "../actions/perform.ts";
import type { Shots } from "../actions/shots.ts";
import type { Attempts } from "../auth/attempts.ts";
import type { Signer } from "../auth/key.ts";
import type { Keys } from "../auth/keys.ts";
import type { Sessions } from "../auth/sessions.ts";
import type { Capacity } from "../capacity/capacity.ts";
import type { DiskWatch } from "../capacity/disk-watch.ts";
import type { AllComputers } from "../computers/computers.ts";
import type { Log } from "../computers/engine.ts";
import type { Displays } from "../display/display.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Fault } from "../points.ts";
import type { AllRecordings } from "../recordings/recordings.ts";
import type { Limits } from "../setup/limits.ts";
import type { Store } from "../store/store.ts";
import type { Emit, Timeline } from "../timeline/timeline.ts";
import type { Webhooks } from "../webhooks/webhooks.ts";
import type { Lanes } from "./lanes.ts";
import type { Viewers } from "./viewers.ts";

/** What the API's handlers work with; wired in main. */
export interface Context {
  /** Handlers get those of their caller with the call. */
  computers: AllComputers;
  displays: Displays;
  recordings: Pick<AllRecordings, "of" | "ids" | "isFilmed" | "expiresAt" | "usedBytes">;
  viewers: Viewers;
  links: Store["links"];
  ports: Store["ports"];
  idempotency: Store["idempotency"];
  atomically: Store["atomically"];
  fault: Fault;
  sign: Signer;
  /** Does a batch of actions. */
  perform: PerformCall;
  /** The pictures of what was done. */
  shots: Pick<Shots, "read">;
  control: ControlLocks;
  keys: Keys;
  sessions: Sessions;
  webhooks: Pick<Webhooks, "create" | "list" | "remove">;
  attempts: Attempts;
  /** Writes into the timeline. */
  emit: Emit;
  timeline: Pick<Timeline, "read" | "latest" | "knows" | "follow" | "lastId">;
  allowedHosts: readonly string[];
  limits: Limits;
  lanes: Lanes;
  capacity: Capacity;
  usage(): Usage[];
  disk: Pick<DiskWatch, "require">;
  metrics: Metrics;
  /** Under which published ports have their hosts, beside localhost. */
  portDomain?: string | undefined;
  version: string;
  /** The folder of the built dashboard; null: there is none. */
  dashboard: string | null;
  /** Whether the template's image is built. */
  hasImage(template: TemplateName): Promise<boolean>;
  log: Log;
}
