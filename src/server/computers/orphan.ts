import type { Engine } from "./engine.ts";
import { issueLinks } from "./new.ts";

/**
 * Leaves the computers of a key that is no more to the operator: whoever had the key has their URLs, so all links to them are revoked, their ports are public no
 * longer, and their records get new links. Answers the ids of the revoked links, and the ports that were public.
 */
export const orphan = (engine: Engine, keyId: string): { links: string[]; ports: { computerId: string; port: number }[] } => {
  const { links, ports, computers } = engine.store;
  const gone: ReturnType<typeof orphan> = { links: [], ports: [] };
  for (const record of computers.ofKey(keyId)) {
    gone.links.push(...links.ofComputer(record.id).map(({ id }) => id));
    for (const { port, public: open } of ports.list(record.id)) {
      if (!open) continue;
      gone.ports.push({ computerId: record.id, port });
      ports.set(record.id, { port, public: false });
    }
    links.removeAll(record.id);
    issueLinks(engine, record);
    engine.events.emit("change", record);
  }
  return gone;
};
