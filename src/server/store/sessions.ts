import type { DatabaseSync } from "node:sqlite";

/** A browser that signed in. */
export interface SessionRecord {
  id: string;
  /** Null: with the operator's key. */
  key_id: string | null;
  expires_at: string;
}

export const sessionStore = (db: DatabaseSync) => {
  const insert = db.prepare("INSERT INTO sessions (id, key_id, expires_at) VALUES (?, ?, ?)");
  const byId = db.prepare("SELECT * FROM sessions WHERE id = ?");
  const ofKey = db.prepare("SELECT id FROM sessions WHERE key_id = ?");
  const remove = db.prepare("DELETE FROM sessions WHERE id = ?");
  const expire = db.prepare("DELETE FROM sessions WHERE expires_at <= ?");
  return {
    insert: ({ id, key_id, expires_at }: SessionRecord): void => void insert.run(id, key_id, expires_at),
    get: (id: string): SessionRecord | null => (byId.get(id) as SessionRecord | undefined) ?? null,
    idsOf: (keyId: string): string[] => (ofKey.all(keyId) as { id: string }[]).map(({ id }) => id),
    remove: (id: string): void => void remove.run(id),
    removeExpired: (now: string): void => void expire.run(now),
  };
};
export type SessionStore = ReturnType<typeof sessionStore>;
