import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { Event, EventType } from "../../contract/events.ts";

type Row = Record<string, SQLOutputValue>;

export interface EventFilter {
  /** Absent: events of every computer, and of the service itself. */
  computerId?: string | undefined;
  types?: readonly EventType[] | undefined;
  /** Only events of computers that this key owns; null: all. Of a computer that was forgotten nobody knows whose it was. */
  keyId: string | null;
}

/** Rows that one statement removes: it holds up nobody for long. */
const PRUNE_ROWS = 1000;

const toEvent = (row: Row): Event => ({ ...row, data: JSON.parse(String(row.data)) }) as unknown as Event;

/** What happened, in the order in which it was written down. Ids grow and are never given twice. Events outlive their computers. */
export const eventStore = (db: DatabaseSync) => {
  const insert = db.prepare("INSERT INTO events (at, type, computer_id, actor, data) VALUES (?, ?, ?, ?, ?)");
  const last = db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'");
  const ofType = "(:types IS NULL OR type IN (SELECT value FROM json_each(:types)))";
  const ofKey = "(:key IS NULL OR computer_id IN (SELECT id FROM computers WHERE key_id = :key))";
  const all = db.prepare(`SELECT * FROM events WHERE id > :after AND ${ofType} AND ${ofKey} ORDER BY id LIMIT :limit`);
  const ofComputer = db.prepare(
    `SELECT * FROM events WHERE computer_id = :computer AND id > :after AND ${ofType} AND ${ofKey} ORDER BY id LIMIT :limit`,
  );
  const latest = db.prepare("SELECT * FROM events WHERE computer_id = ? AND type = ? ORDER BY id DESC LIMIT ?");
  const subjects = db.prepare("SELECT computer_id FROM events GROUP BY computer_id HAVING count(*) > ?");
  // IS, because the service's own events have no computer.
  const pruneSubject = db.prepare(`
    DELETE FROM events WHERE computer_id IS :computer
      AND id <= (SELECT id FROM events WHERE computer_id IS :computer ORDER BY id DESC LIMIT 1 OFFSET :keep)`);
  const pruneTypes = db.prepare(`
    DELETE FROM events WHERE computer_id IS :computer AND type IN (SELECT value FROM json_each(:types))
      AND id <= (SELECT id FROM events WHERE computer_id IS :computer AND type IN (SELECT value FROM json_each(:types))
        ORDER BY id DESC LIMIT 1 OFFSET :keep)`);
  const pruneOld = db.prepare(`DELETE FROM events WHERE at < ? AND id IN (SELECT id FROM events ORDER BY id LIMIT ${PRUNE_ROWS})`);
  const computerOf = db.prepare("SELECT computer_id FROM events WHERE computer_id = ? LIMIT 1");

  return {
    /** Answers its id. `data` is JSON. */
    insert: ({ at, type, computer_id, actor }: Omit<Event, "id" | "data">, data: string): number =>
      Number(insert.run(at, type, computer_id, actor, data).lastInsertRowid),
    /** The id given last, also when its event is gone; 0 when there was none. */
    lastId: (): number => Number(last.get()?.seq ?? 0),
    /** Oldest first. */
    read: ({ computerId, types, keyId, after, limit }: EventFilter & { after: number; limit: number }): Event[] => {
      const common = { after, limit, types: types ? JSON.stringify(types) : null, key: keyId };
      return (computerId === undefined ? all.all(common) : ofComputer.all({ ...common, computer: computerId })).map(toEvent);
    },
    /** Of one computer and one type, newest first. */
    latest: (computerId: string, type: EventType, limit: number): Event[] => latest.all(computerId, type, limit).map(toEvent),
    /** Whether any event of this computer is kept. */
    knows: (computerId: string): boolean => computerOf.get(computerId) !== undefined,
    /** The computers, and null for the service, that have more events than `keep`. */
    over: (keep: number): (string | null)[] => subjects.all(keep).map(({ computer_id }) => computer_id as string | null),
    /** Leaves a computer, or the service, its newest `keep` events. */
    prune: (computerId: string | null, keep: number): void => void pruneSubject.run({ computer: computerId, keep }),
    /** Leaves it the newest `keep` events of these types. */
    pruneTypes: (computerId: string | null, types: readonly EventType[], keep: number): void =>
      void pruneTypes.run({ computer: computerId, types: JSON.stringify(types), keep }),
    /** Removes some of the events from before `time`; answers how many. */
    pruneBefore: (time: string): number => Number(pruneOld.run(time).changes),
  };
};
export type EventStore = ReturnType<typeof eventStore>;
