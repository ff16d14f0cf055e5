import type { DatabaseSync, SQLOutputValue } from "node:sqlite";

/** A webhook as the store keeps it. Times are ISO 8601. */
export interface WebhookRecord {
  id: string;
  /** Whose events it gets; null: the operator's key, which sees all. */
  key_id: string | null;
  url: string;
  /** Types of events and what they begin with; empty: all. */
  events: string[];
  /** `whsec_` and base64. Unlike a key's it is needed as it is, to sign with; the database is its owner's alone to read. */
  secret: string;
  created_at: string;
  /** The id of the event that was taken last, or that it begins after. */
  position: number;
  delivered_at: string | null;
  /** How often the event that comes next was sent in vain, when it is sent again, and why. */
  attempts: number;
  next_attempt_at: string | null;
  last_error: string | null;
  disabled_at: string | null;
}

const COLUMNS = [
  "id",
  "key_id",
  "url",
  "events",
  "secret",
  "created_at",
  "position",
  "delivered_at",
  "attempts",
  "next_attempt_at",
  "last_error",
  "disabled_at",
] as const satisfies readonly (keyof WebhookRecord)[];

type Row = Record<string, SQLOutputValue>;
const toRecord = (row: Row): WebhookRecord => ({ ...row, events: JSON.parse(String(row.events)) }) as unknown as WebhookRecord;

export const webhookStore = (db: DatabaseSync) => {
  const insert = db.prepare(`INSERT INTO webhooks (${COLUMNS.join(", ")}) VALUES (${COLUMNS.map(() => "?").join(", ")})`);
  const byId = db.prepare("SELECT * FROM webhooks WHERE id = ?");
  const all = db.prepare("SELECT * FROM webhooks WHERE :key IS NULL OR key_id = :key ORDER BY rowid DESC");
  const count = db.prepare("SELECT count(*) AS n FROM webhooks WHERE key_id IS ?");
  const taken = db.prepare(
    "UPDATE webhooks SET position = ?, delivered_at = ?, attempts = 0, next_attempt_at = NULL, last_error = NULL WHERE id = ?",
  );
  const failed = db.prepare("UPDATE webhooks SET attempts = ?, next_attempt_at = ?, last_error = ?, disabled_at = ? WHERE id = ?");
  const remove = db.prepare("DELETE FROM webhooks WHERE id = ?");
  return {
    insert: (hook: WebhookRecord): void =>
      void insert.run(...COLUMNS.map((column) => (column === "events" ? JSON.stringify(hook.events) : hook[column]))),
    get: (id: string): WebhookRecord | null => {
      const row = byId.get(id);
      return row ? toRecord(row) : null;
    },
    /** Newest first; null: those of every key. */
    list: (keyId: string | null): WebhookRecord[] => all.all({ key: keyId }).map(toRecord),
    /** How many this key has; null: the operator's own. */
    count: (keyId: string | null): number => Number(count.get(keyId)?.n),
    taken: (id: string, position: number, at: string): void => void taken.run(position, at, id),
    failed: (id: string, to: Pick<WebhookRecord, "attempts" | "next_attempt_at" | "last_error" | "disabled_at">): void =>
      void failed.run(to.attempts, to.next_attempt_at, to.last_error, to.disabled_at, id),
    remove: (id: string): void => void remove.run(id),
  };
};
export type WebhookStore = ReturnType<typeof webhookStore>;
