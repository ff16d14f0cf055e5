import type { DatabaseSync } from "node:sqlite";
import type { Snapshot } from "../../contract/snapshots.ts";

/** `partial`: it is being made or removed, and nobody sees it. `applying`: the workspace is being made what it has. */
export type Mark = "partial" | "whole" | "applying";

/** The records of snapshots. One is written down before it is made, and forgotten after it is removed. */
export const snapshotStore = (db: DatabaseSync) => {
  const fields = "id, computer_id, name, created_at, size_bytes, workspace_quota_mb";
  const insert = db.prepare(`INSERT INTO snapshots (${fields}, mark) VALUES (?, ?, ?, ?, ?, ?, 'partial')`);
  const byId = db.prepare(`SELECT ${fields} FROM snapshots WHERE id = ? AND mark <> 'partial'`);
  const ofComputer = db.prepare(`SELECT ${fields} FROM snapshots WHERE computer_id = ? AND mark <> 'partial' ORDER BY rowid DESC`);
  const ids = db.prepare("SELECT id FROM snapshots WHERE computer_id = ?");
  const marked = db.prepare("SELECT id FROM snapshots WHERE computer_id = ? AND mark = ?");
  const mark = db.prepare("UPDATE snapshots SET mark = ? WHERE id = ?");
  const remove = db.prepare("DELETE FROM snapshots WHERE id = ?");
  const removeAll = db.prepare("DELETE FROM snapshots WHERE computer_id = ?");
  const idsIn = (rows: unknown[]): string[] => rows.map((row) => (row as { id: string }).id);
  return {
    /** Writes down one that is about to be made. */
    insert: ({ id, computer_id, name, created_at, size_bytes, workspace_quota_mb }: Snapshot): void =>
      void insert.run(id, computer_id, name, created_at, size_bytes, workspace_quota_mb),
    get: (id: string): Snapshot | null => {
      const row = byId.get(id);
      return row ? ({ ...row } as unknown as Snapshot) : null;
    },
    /** Newest first. */
    ofComputer: (computerId: string): Snapshot[] => ofComputer.all(computerId).map((row) => ({ ...row }) as unknown as Snapshot),
    /** Of all that the computer's disk may have, partial ones too. */
    ids: (computerId: string): string[] => idsIn(ids.all(computerId)),
    marked: (computerId: string, as: Mark): string[] => idsIn(marked.all(computerId, as)),
    mark: (id: string, as: Mark): void => void mark.run(as, id),
    remove: (id: string): void => void remove.run(id),
    removeAll: (computerId: string): void => void removeAll.run(computerId),
  };
};
