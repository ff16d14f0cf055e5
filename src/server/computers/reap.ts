import { remove } from "./delete.ts";
import type { Engine } from "./engine.ts";
import type { ComputerRecord } from "./record.ts";
import { stop } from "./stop.ts";

/** The longest delay a Node timer takes. */
const MAX_DELAY_MS = 2 ** 31 - 1;

interface Due {
  at: number;
  verb: "delete" | "stop";
  why: string;
}

/** When the computer is due, and what happens then: its ttl deletes it, its idle timeout stops or deletes it. Null while neither can be told. */
const due = (engine: Engine, record: ComputerRecord): Due | null => {
  if (record.status === "deleting" || record.status === "deleted") return null;
  const candidates: Due[] = [];
  if (record.expires_at) candidates.push({ at: Date.parse(record.expires_at), verb: "delete", why: "ttl is over" });
  const idleSince = record.status === "running" ? (engine.live.get(record.id)?.activity.idleSince ?? null) : null;
  const { idle_timeout_s, idle_action } = record.spec;
  if (idle_timeout_s !== undefined && idleSince !== null)
    // Records of an earlier version have no action.
    candidates.push({ at: idleSince + idle_timeout_s * 1000, verb: idle_action ?? "stop", why: "idle for too long" });
  return candidates.sort((a, b) => a.at - b.at)[0] ?? null;
};

/**
 * Ends computers whose time is up: one timer each, set anew at every change of the record or of its use. Answers a function that ends the reaping.
 */
export const startReaper = (engine: Engine): (() => void) => {
  const timers = new Map<string, NodeJS.Timeout>();
  const arm = (id: string): void => {
    clearTimeout(timers.get(id));
    timers.delete(id);
    const record = engine.store.computers.get(id);
    const next = record && due(engine, record);
    if (next)
      timers.set(
        id,
        setTimeout(() => fire(id), Math.min(Math.max(next.at - Date.now(), 0), MAX_DELAY_MS)),
      );
  };
  const fire = (id: string): void => {
    const record = engine.store.computers.get(id);
    const next = record && due(engine, record);
    if (!next || next.at > Date.now()) {
      arm(id);
      return;
    }
    engine.log.info({ computer: id, verb: next.verb }, next.why);
    const work: Promise<unknown> = next.verb === "delete" ? remove(engine, id) : stop(engine, record);
    work.catch((error) => engine.log.error({ computer: id, err: error }, "reaping failed"));
  };
  const onChange = (record: ComputerRecord) => arm(record.id);
  engine.events.on("change", onChange);
  engine.events.on("activity", arm);
  for (const record of engine.store.computers.living()) arm(record.id);
  return () => {
    engine.events.off("change", onChange);
    engine.events.off("activity", arm);
    for (const timer of timers.values()) clearTimeout(timer);
  };
};
