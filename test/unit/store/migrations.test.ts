import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { openStore } from "../../../src/server/store/store.ts";
import { tempDir } from "../../support/temp.ts";

/** The schema as version 1 made it. */
const VERSION_1 = `
CREATE TABLE computers (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL, spec TEXT NOT NULL, image TEXT, template TEXT, machine TEXT, suspended TEXT,
  created_at TEXT NOT NULL, started_at TEXT, stopped_at TEXT, expires_at TEXT, last_error TEXT, start_kind TEXT, ready_ms INTEGER, ready_phases TEXT
) STRICT;
CREATE UNIQUE INDEX computers_name ON computers (name) WHERE status <> 'deleted';
CREATE TABLE journal (
  seq INTEGER PRIMARY KEY, computer_id TEXT NOT NULL, verb TEXT NOT NULL, step TEXT NOT NULL, owner TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
CREATE INDEX journal_computer ON journal (computer_id);
CREATE TABLE links (
  id TEXT PRIMARY KEY, computer_id TEXT NOT NULL, power TEXT NOT NULL, own INTEGER NOT NULL, expires_at TEXT
) STRICT;
CREATE INDEX links_computer ON links (computer_id);
CREATE TABLE idempotency (
  key TEXT PRIMARY KEY, body_hash TEXT NOT NULL, computer_id TEXT NOT NULL, created_at TEXT NOT NULL
) STRICT;
CREATE TABLE recordings (
  id TEXT PRIMARY KEY, computer_id TEXT NOT NULL, computer_name TEXT NOT NULL, status TEXT NOT NULL, automatic INTEGER NOT NULL, spec TEXT NOT NULL,
  width INTEGER, height INTEGER, started_at TEXT NOT NULL, ended_at TEXT, end_reason TEXT, duration_ms INTEGER, size_bytes INTEGER NOT NULL,
  frames INTEGER NOT NULL, dropped_frames INTEGER NOT NULL, chapters TEXT NOT NULL, error TEXT, encoder TEXT
) STRICT;
CREATE INDEX recordings_computer ON recordings (computer_id);
INSERT INTO computers (id, name, status, spec, created_at) VALUES ('cmp_a', 'ada', 'stopped', '{"template":"browser","vcpus":2,"ram_mb":2048,"disk_size_mb":10240}', '2026-01-01T00:00:00.000Z');
INSERT INTO links VALUES ('lnk_a', 'cmp_a', 'cdp', 1, NULL);
INSERT INTO idempotency VALUES ('k', 'h', 'cmp_a', '2026-01-01T00:00:00.000Z');
INSERT INTO recordings VALUES ('rec_a', 'cmp_a', 'ada', 'ready', 0, '{"fps":12}', 640, 400, '2026-01-01T00:00:00.000Z', '2026-01-01T00:01:00.000Z', 'stopped', 60000, 1234, 7, 0, '[]', NULL, NULL);
PRAGMA user_version = 1;
`;

const databaseIn = (dir: string, sql: string): void => {
  const db = new DatabaseSync(join(dir, "vitrine.db"));
  db.exec(sql);
  db.close();
};

test("a database of version 1 opens with all that is in it, which is the operator's", () => {
  const dir = tempDir();
  databaseIn(dir, VERSION_1);
  for (let opening = 0; opening < 2; opening++) {
    const store = openStore(dir);
    expect(store.computers.get("ada")).toMatchObject({
      id: "cmp_a",
      key_id: null,
      status: "stopped",
      spec: { vcpus: 2, workspace_quota_mb: 65536 },
    });
    expect(store.recordings.get("rec_a")).toMatchObject({ computer_name: "ada", key_id: null, size_bytes: 1234, spec: { fps: 12 } });
    expect(store.links.own("cmp_a")).toMatchObject([
      { id: "lnk_a", power: "cdp", port: null, terminal: null, read_only: 0, one_time: 0, uses: opening, created_at: null },
    ]);
    expect(store.links.use("lnk_a")).toBe(true);
    expect(store.idempotency.find("k")).toEqual({ body_hash: "h", computer_id: "cmp_a" });
    expect(store.keys.list()).toEqual([]);
    store.close();
  }
  const db = new DatabaseSync(join(dir, "vitrine.db"));
  expect(db.prepare("PRAGMA user_version").get()?.user_version).toBe(7);
  db.close();
});

test("a new database and a migrated one are alike", () => {
  const columns = (dir: string) => {
    openStore(dir).close();
    const db = new DatabaseSync(join(dir, "vitrine.db"));
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
    const all = tables.map(({ name }) => [name, db.prepare(`SELECT name, type, "notnull", pk FROM pragma_table_info('${name}')`).all()]);
    db.close();
    return JSON.stringify(all);
  };
  const [fresh, old] = [tempDir(), tempDir()];
  databaseIn(old, VERSION_1);
  expect(columns(old)).toBe(columns(fresh));
});

test("a migration that fails leaves the database as it was", () => {
  const dir = tempDir();
  databaseIn(dir, `${VERSION_1} CREATE TABLE keys (x);`);
  expect(() => openStore(dir)).toThrow("keys");
  const db = new DatabaseSync(join(dir, "vitrine.db"));
  expect(db.prepare("PRAGMA user_version").get()?.user_version).toBe(1);
  expect(db.prepare("SELECT * FROM computers").get()).not.toHaveProperty("key_id");
  db.close();
});

test("the data of a newer service is refused in words, and left alone", () => {
  const dir = tempDir();
  databaseIn(dir, "PRAGMA user_version = 99;");
  expect(() => openStore(dir)).toThrow("was used by a newer Vitrine (database version 99)");
  databaseIn(dir, "CREATE TABLE untouched (x);");
});
