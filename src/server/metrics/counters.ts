import { Counter, Histogram, type Registry } from "prom-client";
import { ERRORS } from "../../contract/errors.ts";
import { type Event, type EventType, EventTypes } from "../../contract/events.ts";

/** Seconds: a claim takes a fraction of one, a boot under emulation minutes. */
const START_BUCKETS = [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120, 300];
const START_KINDS = ["claimed", "restored", "resumed", "booted"];
const RESTORE_KINDS = ["claimed", "restored", "resumed"];
/** A create that fails is removed at once; a start that fails leaves an error. */
const VERBS: Readonly<Record<string, string>> = { creating: "create", starting: "start", restoring: "start" };

const text = (value: unknown): string => (typeof value === "string" ? value : "unknown");
const number = (value: unknown): number => (typeof value === "number" && value >= 0 ? value : 0);
/** Of a reason, which begins with an error's code. */
const codeOf = (reason: unknown): string => {
  const code = text(reason).split(":", 1)[0] ?? "";
  return code in ERRORS ? code : "unknown";
};

/** What has happened since the service began, as its timeline tells it. Answers the timeline's listener. */
export const addCounters = (register: Registry): ((event: Event) => void) => {
  const registers = [register];
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Counter<L>({ name: `vitrine_${name}_total`, help, labelNames, registers });

  const starts = new Histogram({
    name: "vitrine_start_seconds",
    help: "Seconds from the start of a machine to ready, by kind of start",
    labelNames: ["kind"],
    buckets: START_BUCKETS,
    registers,
  });
  const startFailures = counter("start_failures", "Creates and starts that failed, by the error's code", "verb", "code");
  const restoreFailures = counter("restore_failures", "Saved states that could not be used, by what they were for", "kind");
  const failures = counter("computer_failures", "Computers that ended in error while they ran, by the error's code", "code");
  const refusals = counter("egress_refusals", "Connections and DNS questions of guests that were refused, by rule", "rule");
  const recordings = counter("recordings", "Recordings that have ended, by how", "status", "end_reason");
  const dropped = counter(
    "recording_dropped_frames",
    "Changes of the screen that were too fast for the encoder, of recordings that have ended",
  );
  const events = counter("events", "Events of the timeline, by type", "type");
  for (const kind of START_KINDS) starts.zero({ kind });
  for (const kind of RESTORE_KINDS) restoreFailures.inc({ kind }, 0);
  for (const type of EventTypes) events.inc({ type }, 0);

  const onStatus = ({ status, previous, start_kind, ready_ms, claimed, reason }: Event["data"]): void => {
    const verb = VERBS[text(previous)];
    if (typeof ready_ms === "number") starts.observe({ kind: claimed ? "claimed" : text(start_kind) }, ready_ms / 1000);
    else if (reason !== undefined && verb) startFailures.inc({ verb, code: codeOf(reason) });
    else if (status === "error") failures.inc({ code: codeOf(reason) });
  };
  const listeners: Partial<Record<EventType, (data: Event["data"]) => void>> = {
    "computer.status": onStatus,
    "restore.failed": ({ kind }) => restoreFailures.inc({ kind: text(kind) }),
    "egress.refused": ({ rule, count }) => refusals.inc({ rule: text(rule) }, number(count ?? 1)),
    "recording.ended": ({ status, end_reason, dropped_frames }) => {
      recordings.inc({ status: text(status), end_reason: text(end_reason) });
      dropped.inc(number(dropped_frames));
    },
  };
  return ({ type, data }) => {
    events.inc({ type });
    listeners[type]?.(data);
  };
};
