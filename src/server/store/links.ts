import type { DatabaseSync } from "node:sqlite";
import type { Power } from "../../contract/links.ts";
import { atomicallyIn } from "./database.ts";

/** A link as the store keeps it; its secret is not in the store (auth/tokens.ts). */
export interface LinkRecord {
  id: string;
  computer_id: string;
  power: Power;
  /** 1 for the links in the computer's own record. */
  own: 0 | 1;
  expires_at: string | null;
  /** With power port. */
  port: number | null;
  /** With power terminal: its id. */
  terminal: string | null;
  /** With power files. */
  read_only: 0 | 1;
  one_time: 0 | 1;
  /** How often its token let somebody in. */
  uses: number;
  created_at: string | null;
}

const COLUMNS = [
  "id",
  "computer_id",
  "power",
  "own",
  "expires_at",
  "port",
  "terminal",
  "read_only",
  "one_time",
  "uses",
  "created_at",
] as const;

export const linkStore = (db: DatabaseSync) => {
  const insert = db.prepare(`INSERT INTO links (${COLUMNS.join(", ")}) VALUES (${COLUMNS.map(() => "?").join(", ")})`);
  const byId = db.prepare("SELECT * FROM links WHERE id = ?");
  const own = db.prepare("SELECT * FROM links WHERE computer_id = ? AND own = 1 ORDER BY rowid");
  const ofComputer = db.prepare("SELECT * FROM links WHERE computer_id = ?");
  const live = db.prepare("SELECT * FROM links WHERE computer_id = ? AND (expires_at IS NULL OR expires_at > ?) ORDER BY rowid DESC");
  const use = db.prepare("UPDATE links SET uses = uses + 1 WHERE id = ? AND (one_time = 0 OR uses = 0)");
  const giveBack = db.prepare("UPDATE links SET uses = uses - 1 WHERE id = ? AND uses > 0");
  const remove = db.prepare("DELETE FROM links WHERE id = ? AND computer_id = ? RETURNING *");
  const removeOwn = db.prepare("DELETE FROM links WHERE computer_id = ? AND own = 1");
  const removePort = db.prepare("DELETE FROM links WHERE computer_id = ? AND port = ? RETURNING *");
  const removeAll = db.prepare("DELETE FROM links WHERE computer_id = ?");
  const expire = db.prepare("DELETE FROM links WHERE expires_at < ?");

  const atomically = atomicallyIn(db);
  const add = (link: LinkRecord): void => void insert.run(...COLUMNS.map((column) => link[column]));
  return {
    /** What has expired is forgotten on this occasion. */
    insert: (link: LinkRecord): void => {
      expire.run(new Date().toISOString());
      add(link);
    },
    get: (id: string): LinkRecord | null => (byId.get(id) as LinkRecord | undefined) ?? null,
    own: (computerId: string): LinkRecord[] => own.all(computerId) as unknown as LinkRecord[],
    ofComputer: (computerId: string): LinkRecord[] => ofComputer.all(computerId) as unknown as LinkRecord[],
    /** Those that have not expired, the newest first. */
    live: (computerId: string): LinkRecord[] => live.all(computerId, new Date().toISOString()) as unknown as LinkRecord[],
    /** Counts one use; false when there may be none, because it is one-time and was used, or is gone. */
    use: (id: string): boolean => use.run(id).changes === 1,
    /** The use came to nothing. */
    giveBack: (id: string): void => void giveBack.run(id),
    /** Answers what was removed; null when there was nothing. */
    remove: (id: string, computerId: string): LinkRecord | null => (remove.get(id, computerId) as LinkRecord | undefined) ?? null,
    removePort: (computerId: string, port: number): LinkRecord[] => removePort.all(computerId, port) as unknown as LinkRecord[],
    removeAll: (computerId: string): void => void removeAll.run(computerId),
    /** Puts others in the place of the computer's own links. */
    replaceOwn: (computerId: string, links: readonly LinkRecord[]): void => {
      atomically(() => {
        removeOwn.run(computerId);
        links.forEach(add);
      });
    },
  };
};
export type LinkStore = ReturnType<typeof linkStore>;
