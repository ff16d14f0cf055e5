import type { DatabaseSync } from "node:sqlite";
import type { CreateKey } from "../../contract/keys.ts";

/** A key as the store keeps it: with a hash of its secret (auth/secret.ts). Times are ISO 8601. */
export interface KeyRecord extends Omit<CreateKey, "expires_in_s"> {
  id: string;
  secret_hash: string;
  created_at: string;
  expires_at: string | null;
  /** When it was revoked or expired; from then on it opens nothing. */
  revoked_at: string | null;
}

const COLUMNS = [
  "id",
  "name",
  "owner",
  "secret_hash",
  "max_computers",
  "max_vcpus",
  "max_ram_mb",
  "max_disk_mb",
  "max_recording_mb",
  "requests_per_minute",
  "created_at",
  "expires_at",
  "revoked_at",
] as const satisfies readonly (keyof KeyRecord)[];

/** API keys beside the operator's. Revoked ones stay, so that what they made and did still has a name. */
export const keyStore = (db: DatabaseSync) => {
  const insert = db.prepare(`INSERT INTO keys (${COLUMNS.join(", ")}) VALUES (${COLUMNS.map(() => "?").join(", ")})`);
  const byId = db.prepare("SELECT * FROM keys WHERE id = ?");
  const all = db.prepare("SELECT * FROM keys ORDER BY rowid DESC");
  const revoke = db.prepare("UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL");
  return {
    insert: (key: KeyRecord): void => void insert.run(...COLUMNS.map((column) => key[column])),
    get: (id: string): KeyRecord | null => (byId.get(id) as KeyRecord | undefined) ?? null,
    /** Newest first. */
    list: (): KeyRecord[] => all.all() as unknown as KeyRecord[],
    /** False when it was revoked before. */
    revoke: (id: string, at: string): boolean => revoke.run(at, id).changes > 0,
  };
};
export type KeyStore = ReturnType<typeof keyStore>;
