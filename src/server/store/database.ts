import { chmodSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { VitrineError } from "../../contract/errors.ts";

/** What version 1 has. Tables may be added here, because it is gone through at each opening; columns of these are added below. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS computers (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL, spec TEXT NOT NULL, image TEXT, template TEXT, machine TEXT, suspended TEXT,
  created_at TEXT NOT NULL, started_at TEXT, stopped_at TEXT, expires_at TEXT, last_error TEXT, start_kind TEXT, ready_ms INTEGER, ready_phases TEXT
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS computers_name ON computers (name) WHERE status <> 'deleted';
CREATE TABLE IF NOT EXISTS journal (
  seq INTEGER PRIMARY KEY, computer_id TEXT NOT NULL, verb TEXT NOT NULL, step TEXT NOT NULL, owner TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS journal_computer ON journal (computer_id);
CREATE TABLE IF NOT EXISTS links (
  id TEXT PRIMARY KEY, computer_id TEXT NOT NULL, power TEXT NOT NULL, own INTEGER NOT NULL, expires_at TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS links_computer ON links (computer_id);
CREATE TABLE IF NOT EXISTS idempotency (
  key TEXT PRIMARY KEY, body_hash TEXT NOT NULL, computer_id TEXT NOT NULL, created_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS recordings (
  id TEXT PRIMARY KEY, computer_id TEXT NOT NULL, computer_name TEXT NOT NULL, status TEXT NOT NULL, automatic INTEGER NOT NULL, spec TEXT NOT NULL,
  width INTEGER, height INTEGER, started_at TEXT NOT NULL, ended_at TEXT, end_reason TEXT, duration_ms INTEGER, size_bytes INTEGER NOT NULL,
  frames INTEGER NOT NULL, dropped_frames INTEGER NOT NULL, chapters TEXT NOT NULL, error TEXT, encoder TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS recordings_computer ON recordings (computer_id);
CREATE TABLE IF NOT EXISTS events (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, type TEXT NOT NULL, computer_id TEXT, actor TEXT, data TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS events_computer ON events (computer_id);
CREATE TABLE IF NOT EXISTS ephemeral (computer_id TEXT PRIMARY KEY) STRICT;
`;

/** What each later version adds to the one before; the first makes version 2 of 1. */
const MIGRATIONS = [
  `
CREATE TABLE keys (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, owner TEXT, secret_hash TEXT NOT NULL, max_computers INTEGER, max_vcpus INTEGER, max_ram_mb INTEGER,
  max_disk_mb INTEGER, max_recording_mb INTEGER, requests_per_minute INTEGER NOT NULL, created_at TEXT NOT NULL, expires_at TEXT, revoked_at TEXT
) STRICT;
ALTER TABLE computers ADD COLUMN key_id TEXT;
ALTER TABLE recordings ADD COLUMN key_id TEXT;
`,
  `
ALTER TABLE links ADD COLUMN port INTEGER;
ALTER TABLE links ADD COLUMN read_only INTEGER NOT NULL DEFAULT 0;
ALTER TABLE links ADD COLUMN one_time INTEGER NOT NULL DEFAULT 0;
ALTER TABLE links ADD COLUMN uses INTEGER NOT NULL DEFAULT 0;
ALTER TABLE links ADD COLUMN created_at TEXT;
CREATE TABLE published_ports (
  computer_id TEXT NOT NULL, port INTEGER NOT NULL, public INTEGER NOT NULL, PRIMARY KEY (computer_id, port)
) STRICT;
`,
  `
UPDATE computers SET spec = json_set(spec, '$.workspace_quota_mb', 65536);
`,
  `
CREATE TABLE webhooks (
  id TEXT PRIMARY KEY, key_id TEXT, url TEXT NOT NULL, events TEXT NOT NULL, secret TEXT NOT NULL, created_at TEXT NOT NULL, position INTEGER NOT NULL,
  delivered_at TEXT, attempts INTEGER NOT NULL, next_attempt_at TEXT, last_error TEXT, disabled_at TEXT
) STRICT;
CREATE TABLE snapshots (
  id TEXT PRIMARY KEY, computer_id TEXT NOT NULL, name TEXT, mark TEXT NOT NULL, created_at TEXT NOT NULL, size_bytes INTEGER NOT NULL,
  workspace_quota_mb INTEGER NOT NULL
) STRICT;
CREATE INDEX snapshots_computer ON snapshots (computer_id);
`,
  `
ALTER TABLE links ADD COLUMN terminal TEXT;
`,
  `
CREATE TABLE sessions (id TEXT PRIMARY KEY, key_id TEXT, expires_at TEXT NOT NULL) STRICT;
`,
];

/** Brings a database of any earlier version to the present one, wholly or not at all. Throws data_dir_newer. */
const migrate = (db: DatabaseSync, file: string): void => {
  db.exec("BEGIN IMMEDIATE");
  const found = Number(db.prepare("PRAGMA user_version").get()?.user_version);
  const version = MIGRATIONS.length + 1;
  if (found > version) throw new VitrineError("data_dir_newer", { path: dirname(file), version: found });
  db.exec(`${SCHEMA} ${MIGRATIONS.slice(Math.max(found, 1) - 1).join("")} PRAGMA user_version = ${version}; COMMIT;`);
};

/** Primary result codes of SQLite that are the disk's doing: read-only, I/O error, full, cannot open. Source: sqlite.org/rescode.html. */
const DISK_CODES = [8, 10, 13, 14];

const telling = <T>(write: () => T): T => {
  try {
    return write();
  } catch (error) {
    const { errcode = 0, errstr } = error as { errcode?: number; errstr?: string };
    if (DISK_CODES.includes(errcode & 0xff)) throw new VitrineError("store_failed", { reason: errstr }, { cause: error });
    throw error;
  }
};

/** Has what cannot be written because of the disk fail with store_failed: a statement, or the transaction that it is in. */
const tellFailures = (db: DatabaseSync): void => {
  const exec = db.exec.bind(db);
  db.exec = (sql) => telling(() => exec(sql));
  const prepare = db.prepare.bind(db);
  db.prepare = (sql) => {
    const statement = prepare(sql);
    const run = statement.run.bind(statement);
    statement.run = ((...values: Parameters<typeof run>) => telling(() => run(...values))) as typeof run;
    return statement;
  };
};

/** Makes a transaction of what `work` writes: all of it is kept, or nothing. It may not wait, nor begin another. */
export const atomicallyIn =
  (db: DatabaseSync) =>
  <T>(work: () => T): T => {
    db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      db.exec("COMMIT");
      return result;
    } catch (error) {
      // A full disk has SQLite roll it back by itself.
      if (db.isTransaction) db.exec("ROLLBACK");
      throw error;
    }
  };

/**
 * Opens the database of a data directory, WAL, mode 0600, locked for this process alone: the kernel drops the lock with the process, so a
 * second service on the same data is refused and a killed one leaves nothing to clear up.
 */
export const openDatabase = (file: string): DatabaseSync => {
  const db = new DatabaseSync(file);
  try {
    chmodSync(file, 0o600);
    db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 0;");
    migrate(db, file);
    tellFailures(db);
    return db;
  } catch (error) {
    db.close();
    if (String(error).includes("locked")) throw new VitrineError("data_dir_in_use", { path: dirname(file) }, { cause: error });
    throw error;
  }
};
