import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { RecordingRecord } from "../recordings/record.ts";

type Row = Record<string, SQLOutputValue>;

const COLUMNS = [
  "id",
  "computer_id",
  "computer_name",
  "key_id",
  "status",
  "automatic",
  "spec",
  "width",
  "height",
  "started_at",
  "ended_at",
  "end_reason",
  "duration_ms",
  "size_bytes",
  "frames",
  "dropped_frames",
  "chapters",
  "error",
  "encoder",
] as const satisfies readonly (keyof RecordingRecord)[];
const JSON_COLUMNS: readonly string[] = ["spec", "chapters", "error", "encoder"];

const toRecord = (row: Row): RecordingRecord =>
  Object.fromEntries(
    COLUMNS.map((column) => [
      column,
      JSON_COLUMNS.includes(column) && row[column] !== null ? JSON.parse(String(row[column])) : row[column],
    ]),
  ) as unknown as RecordingRecord;

const toValues = (record: RecordingRecord) =>
  COLUMNS.map((column) => (JSON_COLUMNS.includes(column) && record[column] !== null ? JSON.stringify(record[column]) : record[column])) as (
    | string
    | number
    | null
  )[];

/** The records of recordings. They outlive their computers. */
export const recordingStore = (db: DatabaseSync) => {
  const insert = db.prepare(`INSERT INTO recordings (${COLUMNS.join(", ")}) VALUES (${COLUMNS.map(() => "?").join(", ")})`);
  const update = db.prepare(`UPDATE recordings SET ${COLUMNS.map((column) => `${column} = ?`).join(", ")} WHERE id = ?`);
  const byId = db.prepare("SELECT * FROM recordings WHERE id = ?");
  const byComputer = db.prepare("SELECT * FROM recordings WHERE computer_id = ? ORDER BY rowid DESC");
  const idsByComputer = db.prepare("SELECT id FROM recordings WHERE computer_id = ? ORDER BY rowid");
  const computerByName = db.prepare(
    "SELECT computer_id FROM recordings WHERE (computer_id = :name OR computer_name = :name) AND (:key IS NULL OR key_id = :key) ORDER BY rowid DESC LIMIT 1",
  );
  const unfinished = db.prepare("SELECT * FROM recordings WHERE status IN ('recording', 'finalizing') ORDER BY rowid");
  const finished = db.prepare("SELECT * FROM recordings WHERE status IN ('ready', 'failed') ORDER BY ended_at, rowid");
  const automatic = db.prepare("SELECT 1 FROM recordings WHERE computer_id = ? AND automatic = 1 AND started_at >= ? LIMIT 1");
  const filmed = db.prepare("SELECT 1 FROM recordings WHERE computer_id = ? AND status = 'recording' LIMIT 1");
  const bytes = db.prepare("SELECT coalesce(sum(size_bytes), 0) AS bytes FROM recordings");
  const bytesOf = db.prepare("SELECT coalesce(sum(size_bytes), 0) AS bytes FROM recordings WHERE key_id = ?");
  const ids = db.prepare("SELECT id FROM recordings ORDER BY rowid");
  const remove = db.prepare("DELETE FROM recordings WHERE id = ?");

  const get = (id: string): RecordingRecord | null => {
    const row = byId.get(id);
    return row ? toRecord(row) : null;
  };
  return {
    insert: (record: RecordingRecord): void => void insert.run(...toValues(record)),
    get,
    /** Changes some fields and answers the whole; null when it was removed meanwhile. */
    patch: (id: string, change: Partial<RecordingRecord>): RecordingRecord | null => {
      const record = get(id);
      if (!record) return null;
      const next = { ...record, ...change };
      update.run(...toValues(next), id);
      return next;
    },
    /** Newest first. */
    ofComputer: (computerId: string): RecordingRecord[] => byComputer.all(computerId).map(toRecord),
    /** Oldest first. */
    idsOf: (computerId: string): string[] => idsByComputer.all(computerId).map(({ id }) => String(id)),
    /** The id of the computer, gone or not, that last made a recording under this id or name; only one of this key, unless that is null. */
    computerOf: (idOrName: string, keyId: string | null): string | null =>
      (computerByName.get({ name: idOrName, key: keyId })?.computer_id as string | undefined) ?? null,
    /** Recorded or finalized now, or when the service ended. */
    unfinished: (): RecordingRecord[] => unfinished.all().map(toRecord),
    /** Ready and failed ones; those that ended first come first. */
    finished: (): RecordingRecord[] => finished.all().map(toRecord),
    /** Whether `record_video` has begun one since this time. */
    hasAutomaticSince: (computerId: string, time: string): boolean => automatic.get(computerId, time) !== undefined,
    isFilmed: (computerId: string): boolean => filmed.get(computerId) !== undefined,
    totalBytes: (): number => Number(bytes.get()?.bytes),
    bytesOf: (keyId: string): number => Number(bytesOf.get(keyId)?.bytes),
    ids: (): string[] => ids.all().map(({ id }) => String(id)),
    remove: (id: string): void => void remove.run(id),
  };
};
