import { EventEmitter } from "node:events";
import type { Status, TemplateName } from "../../contract/computer.ts";
import { VitrineError } from "../../contract/errors.ts";
import type { Keeper } from "../browser/keeper.ts";
import type { BrowserWatch } from "../browser/watch.ts";
import type { DiskWatch } from "../capacity/disk-watch.ts";
import type { PerDisk } from "../disk.ts";
import type { Gate } from "../egress/gate.ts";
import type { Guest } from "../guest/guest.ts";
import type { BootFiles, GuestImage, LinkAddress, Machine, MachineDriver } from "../machine/machine.ts";
import type { OnOrphan } from "../orphans.ts";
import type { Fault, POINTS, Point, Verb } from "../points.ts";
import type { Profiles } from "../profiles/profiles.ts";
import type { Progress } from "../progress.ts";
import type { Semaphore } from "../semaphore.ts";
import type { Store } from "../store/store.ts";
import type { Shape } from "../templates/shape.ts";
import type { Template } from "../templates/template.ts";
import type { Wanted } from "../templates/templates.ts";
import type { Emit } from "../timeline/timeline.ts";
import type { Activity } from "./activity.ts";
import type { ComputerRecord } from "./record.ts";
import { mayFollow } from "./state.ts";

export interface Log {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** What the domain needs from the rest of the service; wired in main. */
export interface Ports {
  store: Pick<Store, "computers" | "journal" | "links" | "ports" | "snapshots" | "idempotency" | "atomically">;
  machines: MachineDriver;
  /** The template's image; builds it when it is not there yet. */
  image(template: TemplateName, signal: AbortSignal, progress?: Progress): Promise<GuestImage>;
  /** The template of a shape, built first where that is worth it, as it is for one that is used `often`; null: boot instead. */
  template(shape: Shape, image: GuestImage, signal: AbortSignal, wanted?: Wanted): Promise<Template | null>;
  /** Says that the computer in `dir` is based on a template, so that the template stays. */
  refer(template: Pick<Template, "dir">, id: string, dir: string): Promise<void>;
  /** Takes that back, when the computer is gone. */
  unrefer(template: Pick<Template, "dir">, id: string): Promise<void>;
  /** A template that cannot be restored is not given out again. */
  discard(template: Pick<Template, "dir">): Promise<void>;
  openGuest(link: LinkAddress, secret: string): Guest;
  /** Connects to a guest's browser once, so that its first client is answered sooner. */
  rehearse(shape: Shape, guest: Guest, signal: AbortSignal): Promise<void>;
  /** What stands between a computer and every network. */
  openGate(record: ComputerRecord): Gate;
  /** Watches the computer's browser and tells of it; `untouched` as of watchBrowser(). */
  openWatch(id: string, guest: Guest, untouched: boolean): BrowserWatch;
  /** The port of the service itself, which no computer reaches; null while it does not listen. */
  ownPort(): number | null;
  bootFiles(record: ComputerRecord): BootFiles;
  guestSecret(id: string): string;
  /** Where each computer has a directory of its own, by its id. */
  root: string;
  directory(id: string): string;
  /** Throws capacity_exceeded when the host has no room for one more. */
  admit(record: ComputerRecord): void;
  /** Where the making and starting of computers wait for their turn: more at one time than the host has processors only hold each other up. */
  makers: Semaphore;
  /** Milliseconds a boot may take. */
  bootDeadlineMs: number;
  /** The disk that the computers' directories are on. */
  disk: DiskWatch;
  profiles: Profiles;
  emit: Emit;
  fault: Fault;
  orphaned: OnOrphan;
  /** Told of the milliseconds that a guest took to answer a ping. */
  pinged(ms: number): void;
  log: Log;
}

/** A computer whose machine runs and is attached to this service. */
export interface Live {
  machine: Machine;
  guest: Guest;
  activity: Activity;
  /** Where the session has options that Chromium must be reminded of. */
  keeper: Keeper | null;
  /** Where it has a browser. */
  watch: BrowserWatch | null;
  /** Its Chromium is ended and started on purpose. */
  relaunching: boolean;
  gate: Gate;
}

/** A computer that is restored, used once, paused, and nobody's yet. Its directory has its id; there is no record of it. */
export interface Waiting {
  id: string;
  shape: Shape;
  /** MiB of its disks. */
  disks_mb: PerDisk<number>;
  image: GuestImage;
  template: Template;
  machine: Machine;
  guest: Guest;
}

/** Writes down what is done next. */
export type Step = (name: (typeof POINTS)[Verb][number]) => void;

/** Why a verb is broken off when the service ends. It leaves what it has begun: the next service finishes or undoes it. */
export class ServiceEnding extends Error {
  constructor() {
    super("the service is stopping");
  }
}
export const isEnding = ({ reason }: AbortSignal): boolean => reason instanceof ServiceEnding;

/** A verb under way on one computer. */
export interface Operation {
  verb: string;
  abort: AbortController;
  done: Promise<void>;
}

/** The state that the verbs share. */
export interface Engine extends Ports {
  live: Map<string, Live>;
  operations: Map<string, Operation>;
  /** The profiles that are being kept, by the computer's id. Never reject but for the end of the service. */
  keeping: Map<string, Promise<void>>;
  /** By id. */
  waiting: Map<string, Waiting>;
  /** Those that are being made to wait. */
  preparing: Set<ComputerRecord>;
  /**
   * `change` (record) after every change of a record; `activity` (id) when a computer begins or ceases to be in use; `claimed` when one that waited has become somebody's;
   * `resized` when a new one was given another screen than it was restored with.
   */
  events: EventEmitter<Events>;
}

interface Events {
  change: [ComputerRecord];
  activity: [string];
  claimed: [];
  resized: [ComputerRecord];
}

export const createEngine = (ports: Ports): Engine => ({
  ...ports,
  live: new Map(),
  operations: new Map(),
  keeping: new Map(),
  waiting: new Map(),
  preparing: new Set(),
  events: new EventEmitter<Events>().setMaxListeners(0),
});

/** Resolves when the verbs that are under way now have ended. */
export const ended = async ({ operations }: Engine): Promise<void> => {
  await Promise.all([...operations.values()].map(({ done }) => done));
};

/** Ends all that this service has open to a computer; the machine itself is the caller's to end or to leave. Calls under way fail with `reason`. */
export const detach = (engine: Engine, id: string, live: Live, reason?: VitrineError): void => {
  if (engine.live.get(id) === live) engine.live.delete(id);
  live.keeper?.close();
  live.watch?.close();
  live.gate.close();
  live.guest.close(reason);
};

/** Lets go of every computer without ending it. What is under way is broken off first: the next service finishes or undoes it. */
export const release = async (engine: Engine): Promise<void> => {
  for (const { abort } of engine.operations.values()) abort.abort(new ServiceEnding());
  await ended(engine);
  for (const [id, live] of engine.live) {
    detach(engine, id, live);
    live.machine.release();
  }
};

/** Writes the status of a computer into the timeline. `previous` is null for one that is new. */
export const tellStatus = (engine: Engine, record: ComputerRecord, previous: Status | null): void => {
  const { id, name, status, spec, start_kind, ready_ms, ready_phases, last_error } = record;
  // A computer that cannot be made is removed at once.
  const failed = status === "error" || (status === "deleting" && previous === "creating");
  // A suspend that fails leaves it running, too.
  const started = status === "running" && previous !== "stopping";
  // What waited had its process already.
  const claimed = started && start_kind === "restored" && ready_phases !== null && !("spawn" in ready_phases);
  engine.emit({
    type: "computer.status",
    computer_id: id,
    data: {
      status,
      previous,
      ...(previous === null && { name, template: spec.template }),
      ...(status === "running" && { start_kind }),
      ...(started && { ready_ms }),
      ...(claimed && { claimed }),
      ...(failed && last_error && { reason: `${last_error.code}: ${last_error.message}` }),
    },
  });
};

/** Tells that a saved state could not be used, where there is another way. */
export const tellRestoreFailed = (engine: Engine, id: string, kind: "claimed" | "restored" | "resumed", cause: unknown): void => {
  engine.log.error({ computer: id, kind, err: cause }, "a saved state cannot be used");
  const { code, message } = asVitrineError(cause);
  engine.emit({ type: "restore.failed", computer_id: id, data: { kind, reason: `${code}: ${message}` } });
};

/** Changes a record and tells everyone. A status that may not follow the present one is a bug, and throws. */
export const update = (engine: Engine, id: string, change: Partial<ComputerRecord>): ComputerRecord => {
  const { status } = engine.store.computers.require(id);
  if (change.status && change.status !== status && !mayFollow(status, change.status))
    throw new Error(`a ${status} computer cannot become ${change.status}`);
  const record = engine.store.computers.patch(id, change);
  if (record.status !== status) tellStatus(engine, record, status);
  engine.events.emit("change", record);
  return record;
};

/** Throws wrong_state while another verb is under way that has left the status as it was. */
export const requireIdle = (engine: Engine, { id, status }: ComputerRecord, verb: string): void => {
  const under = engine.operations.get(id);
  if (under) throw new VitrineError("wrong_state", { status, verb, needs: `left alone by the ${under.verb} that is under way` });
};

/** The machine of a computer, and the way to its guest; null: it does not run. Throws wrong_state when it runs and this service does not reach it. */
export const reached = (engine: Engine, id: string, verb: string): Live | null => {
  const live = engine.live.get(id);
  if (!live && engine.store.computers.require(id).status === "running")
    throw new VitrineError("wrong_state", { status: "running and not reached", verb, needs: "left alone" });
  return live ?? null;
};

/** What went wrong, as the record and the API tell it. */
export const asVitrineError = (cause: unknown): VitrineError =>
  cause instanceof VitrineError ? cause : new VitrineError("machine_failed", { reason: (cause as Error).message }, { cause });

/** The same, as a record keeps it. */
export const lastErrorOf = (cause: unknown): NonNullable<ComputerRecord["last_error"]> => {
  const { code, message } = asVitrineError(cause);
  return { code, message };
};

/**
 * Runs a verb on a computer. Its status was set by the caller beforehand, so a second verb is refused by status; only delete interrupts,
 * by aborting the signal and waiting for `done`. The journal is cleared when the verb has ended, good or bad, unless the service ends with it.
 */
export const operate = async <T>(
  engine: Engine,
  id: string,
  verb: Verb,
  work: (signal: AbortSignal, step: Step) => Promise<T>,
): Promise<T> => {
  const abort = new AbortController();
  const finished = Promise.withResolvers<void>();
  const operation: Operation = { verb, abort, done: finished.promise };
  engine.operations.set(id, operation);
  let over = false;
  // What was broken off may go on for a moment; there is nothing left to undo of it then.
  const step: Step = (name) => {
    if (over) return;
    engine.store.journal.step(id, verb, name);
    engine.fault(`${verb}:${name}` as Point);
  };
  try {
    step("begin");
    return await work(abort.signal, step);
  } catch (error) {
    // What breaks when the machine is taken away is not what happened: it was broken off.
    throw abort.signal.reason instanceof VitrineError ? abort.signal.reason : error;
  } finally {
    over = true;
    if (engine.operations.get(id) === operation) engine.operations.delete(id);
    // Also when that cannot be written down.
    finished.resolve();
    if (!isEnding(abort.signal)) engine.store.journal.done(id, verb);
  }
};
