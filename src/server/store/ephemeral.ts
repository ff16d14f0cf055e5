import type { DatabaseSync } from "node:sqlite";

/** Which computers live as long as a connection to this service, and so end with it. */
export const ephemeralStore = (db: DatabaseSync) => {
  const add = db.prepare("INSERT INTO ephemeral (computer_id) VALUES (?)");
  const remove = db.prepare("DELETE FROM ephemeral WHERE computer_id = ?");
  const list = db.prepare("SELECT computer_id FROM ephemeral");
  return {
    add: (computerId: string): void => void add.run(computerId),
    remove: (computerId: string): void => void remove.run(computerId),
    list: (): string[] => list.all().map((row) => String(row.computer_id)),
  };
};
export type EphemeralStore = ReturnType<typeof ephemeralStore>;
