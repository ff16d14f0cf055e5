import { join } from "node:path";
import { identify } from "../process/identity.ts";
import { computerStore } from "./computers.ts";
import { atomicallyIn, openDatabase } from "./database.ts";
import { ephemeralStore } from "./ephemeral.ts";
import { eventStore } from "./events.ts";
import { idempotencyStore } from "./idempotency.ts";
import { journalStore } from "./journal.ts";
import { keyStore } from "./keys.ts";
import { linkStore } from "./links.ts";
import { portStore } from "./ports.ts";
import { recordingStore } from "./recordings.ts";
import { sessionStore } from "./sessions.ts";
import { snapshotStore } from "./snapshots.ts";
import { webhookStore } from "./webhooks.ts";

/** All that the service remembers, in one SQLite file of the data directory. */
export const openStore = (dataDir: string) => {
  const db = openDatabase(join(dataDir, "vitrine.db"));
  const owner = identify(process.pid);
  if (!owner) throw new Error("This process has no entry in /proc; Vitrine needs Linux with /proc mounted.");
  return {
    computers: computerStore(db),
    journal: journalStore(db, owner),
    keys: keyStore(db),
    links: linkStore(db),
    ports: portStore(db),
    idempotency: idempotencyStore(db),
    recordings: recordingStore(db),
    sessions: sessionStore(db),
    snapshots: snapshotStore(db),
    events: eventStore(db),
    ephemeral: ephemeralStore(db),
    atomically: atomicallyIn(db),
    webhooks: webhookStore(db),
    close: () => db.close(),
  };
};
export type Store = ReturnType<typeof openStore>;
