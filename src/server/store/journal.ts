import type { DatabaseSync } from "node:sqlite";
import type { ProcessIdentity } from "../process/identity.ts";

export interface JournalEntry {
  computer_id: string;
  verb: string;
  step: string;
}

/** What is under way, written before it is done, so that a service that dies in between finds what it left. */
export const journalStore = (db: DatabaseSync, owner: ProcessIdentity) => {
  const add = db.prepare("INSERT INTO journal (computer_id, verb, step, owner, at) VALUES (?, ?, ?, ?, ?)");
  const clear = db.prepare("DELETE FROM journal WHERE computer_id = ? AND verb = ?");
  const all = db.prepare(
    "SELECT computer_id, verb, step FROM journal WHERE seq IN (SELECT max(seq) FROM journal GROUP BY computer_id, verb) ORDER BY seq",
  );
  return {
    /** What comes next. */
    step: (computerId: string, verb: string, step: string): void =>
      void add.run(computerId, verb, step, JSON.stringify(owner), new Date().toISOString()),
    /** The verb has come to its end, good or bad; nothing of it is left to undo. */
    done: (computerId: string, verb: string): void => void clear.run(computerId, verb),
    /** The last step of each verb that did not come to its end. */
    open: (): JournalEntry[] => all.all() as unknown as JournalEntry[],
  };
};
