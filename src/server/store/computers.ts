import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { Status, TemplateName } from "../../contract/computer.ts";
import { VitrineError } from "../../contract/errors.ts";
import { type ComputerRecord, JSON_FIELDS } from "../computers/record.ts";

type Row = Record<string, SQLOutputValue>;

const COLUMNS = [
  "id",
  "name",
  "key_id",
  "status",
  "spec",
  "image",
  "template",
  "machine",
  "suspended",
  "created_at",
  "started_at",
  "stopped_at",
  "expires_at",
  "last_error",
  "start_kind",
  "ready_ms",
  "ready_phases",
] as const satisfies readonly (keyof ComputerRecord)[];
const JSON_COLUMNS: readonly string[] = JSON_FIELDS;

const toRecord = (row: Row): ComputerRecord =>
  Object.fromEntries(
    COLUMNS.map((column) => [
      column,
      JSON_COLUMNS.includes(column) && row[column] !== null ? JSON.parse(String(row[column])) : row[column],
    ]),
  ) as unknown as ComputerRecord;

const toValues = (record: ComputerRecord) =>
  COLUMNS.map((column) => (JSON_COLUMNS.includes(column) && record[column] !== null ? JSON.stringify(record[column]) : record[column])) as (
    | string
    | number
    | null
  )[];

export interface ListFilter {
  status?: Status | undefined;
  template?: TemplateName | undefined;
  limit: number;
  cursor?: string | undefined;
  /** Only those of this key; null: all. */
  keyId: string | null;
}

/** What computers take of a quota. */
export interface Usage {
  computers: number;
  vcpus: number;
  ram_mb: number;
  disk_mb: number;
}

/** The records of computers. Deleted ones stay as tombstones, reachable by id, out of lists unless asked for. */
export const computerStore = (db: DatabaseSync) => {
  const insert = db.prepare(`INSERT INTO computers (${COLUMNS.join(", ")}) VALUES (${COLUMNS.map(() => "?").join(", ")})`);
  const update = db.prepare(`UPDATE computers SET ${COLUMNS.map((column) => `${column} = ?`).join(", ")} WHERE id = ?`);
  const byId = db.prepare("SELECT * FROM computers WHERE id = ?");
  const byName = db.prepare("SELECT * FROM computers WHERE name = ? AND status <> 'deleted'");
  const lastByName = db.prepare(
    "SELECT * FROM computers WHERE name = :name AND (:key IS NULL OR key_id = :key) ORDER BY rowid DESC LIMIT 1",
  );
  const living = db.prepare("SELECT * FROM computers WHERE status <> 'deleted' ORDER BY created_at");
  const ofKey = db.prepare("SELECT * FROM computers WHERE key_id = ? AND status <> 'deleted' ORDER BY rowid");
  // One in error has no machine any more, like one that is stopped.
  const usage = db.prepare(`
    SELECT count(*) AS computers, coalesce(sum(vcpus * runs), 0) AS vcpus, coalesce(sum(ram_mb * runs), 0) AS ram_mb, coalesce(sum(disk_mb), 0) AS disk_mb
    FROM (SELECT spec ->> 'vcpus' AS vcpus, spec ->> 'ram_mb' AS ram_mb, (spec ->> 'disk_size_mb') + (spec ->> 'workspace_quota_mb') AS disk_mb,
      status NOT IN ('stopped', 'restorable', 'error') AS runs FROM computers WHERE key_id = ? AND status <> 'deleted')`);
  const page = db.prepare(`
    SELECT *, rowid FROM computers
    WHERE (CASE WHEN :status IS NULL THEN status <> 'deleted' ELSE status = :status END)
      AND (:template IS NULL OR json_extract(spec, '$.template') = :template)
      AND (:key IS NULL OR key_id = :key)
      AND (:before IS NULL OR rowid < :before)
    ORDER BY rowid DESC LIMIT :limit`);
  const expire = db.prepare("DELETE FROM computers WHERE status = 'deleted' AND stopped_at < ?");

  const get = (idOrName: string): ComputerRecord | null => {
    const row = byId.get(idOrName) ?? byName.get(idOrName);
    return row ? toRecord(row) : null;
  };
  return {
    /** Throws name_taken. */
    insert: (record: ComputerRecord): void => {
      try {
        insert.run(...toValues(record));
      } catch (error) {
        if (String(error).includes("UNIQUE constraint failed: computers.name")) throw new VitrineError("name_taken", { name: record.name });
        throw error;
      }
    },
    get,
    /** The last computer that had the name, deleted or not; only one of this key, unless that is null. */
    lastNamed: (name: string, keyId: string | null): ComputerRecord | null => {
      const row = lastByName.get({ name, key: keyId });
      return row ? toRecord(row) : null;
    },
    /** Throws computer_not_found. */
    require: (idOrName: string): ComputerRecord => {
      const record = get(idOrName);
      if (!record) throw new VitrineError("computer_not_found", { id: idOrName.slice(0, 64) });
      return record;
    },
    /** Changes some fields of a record and answers the whole. */
    patch: (id: string, change: Partial<ComputerRecord>): ComputerRecord => {
      const next = { ...toRecord(byId.get(id) as Row), ...change };
      update.run(...toValues(next), id);
      return next;
    },
    /** Those of a key that are not deleted. */
    ofKey: (keyId: string): ComputerRecord[] => ofKey.all(keyId).map(toRecord),
    usage: (keyId: string): Usage => ({ ...(usage.get(keyId) as unknown as Usage) }),
    living: (): ComputerRecord[] => living.all().map(toRecord),
    /** Newest first. The cursor is opaque to callers. */
    list: ({ status, template, limit, cursor, keyId }: ListFilter): { data: ComputerRecord[]; next_cursor: string | null } => {
      const decoded = cursor === undefined ? null : Buffer.from(cursor, "base64url").toString();
      if (decoded !== null && !/^\d{1,15}$/.test(decoded))
        throw new VitrineError("invalid_request", { reason: "cursor is not one that a list gave" });
      const before = decoded === null ? null : Number(decoded);
      const rows = page.all({ status: status ?? null, template: template ?? null, key: keyId, before, limit: limit + 1 });
      const last = rows[limit - 1];
      return {
        data: rows.slice(0, limit).map(toRecord),
        next_cursor: rows.length > limit && last ? Buffer.from(String(last.rowid)).toString("base64url") : null,
      };
    },
    /** Forgets tombstones of computers deleted before `time`. */
    forgetDeleted: (time: string): void => void expire.run(time),
  };
};
