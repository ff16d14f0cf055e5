import { type Engine, tellStatus, type Waiting } from "./engine.ts";
import { ownLinks } from "./links.ts";
import { generateId, generateName } from "./names.ts";
import { requirePublishable } from "./publish.ts";
import type { ComputerRecord } from "./record.ts";

/** A computer that is about to be made, under a name that nobody has where none is given. `waiting` is what it is made of, where that is there already. */
export const newRecord = (
  engine: Engine,
  {
    name,
    spec,
    keyId,
    waiting = null,
  }: { name?: string | undefined; spec: ComputerRecord["spec"]; keyId: string | null; waiting?: Waiting | null },
): ComputerRecord => {
  const now = Date.now();
  return {
    id: waiting?.id ?? generateId("cmp"),
    name: name ?? generateName((taken) => engine.store.computers.get(taken) !== null),
    key_id: keyId,
    status: "creating",
    spec,
    image: waiting?.image ?? null,
    template: waiting && { key: waiting.template.key, dir: waiting.template.dir },
    machine: waiting?.machine.record ?? null,
    suspended: null,
    created_at: new Date(now).toISOString(),
    started_at: null,
    stopped_at: null,
    expires_at: spec.ttl_s === undefined ? null : new Date(now + spec.ttl_s * 1000).toISOString(),
    last_error: null,
    start_kind: null,
    ready_ms: null,
    ready_phases: null,
  };
};

/** Does work that takes what a computer takes of the host, and is nobody's. Throws capacity_exceeded. */
export const prepared = async <T>(engine: Engine, record: ComputerRecord, work: () => Promise<T>): Promise<T> => {
  engine.admit(record);
  engine.preparing.add(record);
  try {
    return await work();
  } finally {
    engine.preparing.delete(record);
  }
};

/** Makes the links that a computer's URLs carry. */
export const issueLinks = ({ store }: Pick<Engine, "store">, record: ComputerRecord): void => {
  for (const link of ownLinks(record, store.ports.list(record.id))) store.links.insert(link);
};

/** Keeps the record, its published ports and the links that its URLs carry. Throws name_taken, port_not_publishable. */
export const writeDown = (engine: Engine, record: ComputerRecord): void => {
  // What an earlier release wrote down has none.
  const ports = record.spec.published_ports ?? [];
  for (const { port } of ports) requirePublishable(record, port);
  engine.store.atomically(() => {
    engine.store.computers.insert(record);
    for (const port of ports) engine.store.ports.set(record.id, port);
    issueLinks(engine, record);
  });
  tellStatus(engine, record, null);
  engine.events.emit("change", record);
};
