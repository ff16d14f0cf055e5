import type { DatabaseSync } from "node:sqlite";
import type { Power } from "../../contract/links.ts";

/** A link as the store keeps it; its secret is not in the store (auth/tokens.ts). */
export interface LinkRecord {
  id: string;
  computer_id: string;
  power: Power;
  /** 1 for the links in the computer's own record. */
  own: 0 | 1;
  expires_at: string | null;
}

export const linkStore = (db: DatabaseSync) => {
  const insert = db.prepare("INSERT INTO links (id, computer_id, power, own, expires_at) VALUES (?, ?, ?, ?, ?)");
  const byId = db.prepare("SELECT * FROM links WHERE id = ?");
  const own = db.prepare("SELECT * FROM links WHERE computer_id = ? AND own = 1");
  const ofComputer = db.prepare("SELECT * FROM links WHERE computer_id = ?");
  const remove = db.prepare("DELETE FROM links WHERE id = ? AND computer_id = ?");
  const removeAll = db.prepare("DELETE FROM links WHERE computer_id = ?");
  return {
    insert: (link: LinkRecord): void => void insert.run(link.id, link.computer_id, link.power, link.own, link.expires_at),
    get: (id: string): LinkRecord | null => (byId.get(id) as LinkRecord | undefined) ?? null,
    own: (computerId: string): LinkRecord[] => own.all(computerId) as unknown as LinkRecord[],
    ofComputer: (computerId: string): LinkRecord[] => ofComputer.all(computerId) as unknown as LinkRecord[],
    remove: (id: string, computerId: string): void => void remove.run(id, computerId),
    removeAll: (computerId: string): void => void removeAll.run(computerId),
  };
};
export type LinkStore = ReturnType<typeof linkStore>;
