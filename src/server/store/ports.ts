import type { DatabaseSync } from "node:sqlite";

/** A port of a computer that has a URL. */
export interface PortRecord {
  port: number;
  public: boolean;
}

const toRecord = (row: unknown): PortRecord => {
  const { port, public: open } = row as { port: number; public: number };
  return { port, public: open === 1 };
};

/** Which ports of which computers are published. */
export const portStore = (db: DatabaseSync) => {
  const set = db.prepare(
    "INSERT INTO published_ports (computer_id, port, public) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET public = excluded.public",
  );
  const get = db.prepare("SELECT port, public FROM published_ports WHERE computer_id = ? AND port = ?");
  const list = db.prepare("SELECT port, public FROM published_ports WHERE computer_id = ? ORDER BY port");
  const remove = db.prepare("DELETE FROM published_ports WHERE computer_id = ? AND port = ?");
  const removeAll = db.prepare("DELETE FROM published_ports WHERE computer_id = ?");
  return {
    set: (computerId: string, { port, public: open }: PortRecord): void => void set.run(computerId, port, open ? 1 : 0),
    get: (computerId: string, port: number): PortRecord | null => {
      const row = get.get(computerId, port);
      return row ? toRecord(row) : null;
    },
    list: (computerId: string): PortRecord[] => list.all(computerId).map(toRecord),
    /** False when it was not published. */
    remove: (computerId: string, port: number): boolean => remove.run(computerId, port).changes === 1,
    removeAll: (computerId: string): void => void removeAll.run(computerId),
  };
};
export type PortStore = ReturnType<typeof portStore>;
