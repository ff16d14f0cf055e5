import type { DatabaseSync } from "node:sqlite";

const KEPT_MS = 24 * 3600_000;

/** Idempotency-Keys of create calls, kept for a day. */
export const idempotencyStore = (db: DatabaseSync) => {
  const find = db.prepare("SELECT body_hash, computer_id FROM idempotency WHERE key = ?");
  const insert = db.prepare("INSERT INTO idempotency (key, body_hash, computer_id, created_at) VALUES (?, ?, ?, ?)");
  const forget = db.prepare("DELETE FROM idempotency WHERE computer_id = ?");
  const expire = db.prepare("DELETE FROM idempotency WHERE created_at < ?");
  return {
    find: (key: string) => find.get(key) as { body_hash: string; computer_id: string } | undefined,
    insert: (key: string, bodyHash: string, computerId: string): void => {
      expire.run(new Date(Date.now() - KEPT_MS).toISOString());
      insert.run(key, bodyHash, computerId, new Date().toISOString());
    },
    /** The call that made this computer did not happen; its key is free. */
    forget: (computerId: string): void => void forget.run(computerId),
  };
};
