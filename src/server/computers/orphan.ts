import type { Engine } from "./engine.ts";
import { issueLinks } from "./new.ts";

/**
 * Leaves the computers of a key that is no more to the operator: whoever had the key has their URLs, so all links to them are revoked, and their records get
 * new ones. Answers the ids of the revoked links.
 */
export const orphan = (engine: Engine, keyId: string): string[] => {
  const { links, computers } = engine.store;
  return computers.ofKey(keyId).flatMap((record) => {
    const revoked = links.ofComputer(record.id).map(({ id }) => id);
    links.removeAll(record.id);
    issueLinks(engine, record);
    engine.events.emit("change", record);
    return revoked;
  });
};
