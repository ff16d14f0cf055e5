import { VitrineError } from "../../contract/errors.ts";
import { AGENT_PORT, CDP_PORT, RFB_PORT } from "../../contract/guest/protocol.ts";
import type { Fault } from "../points.ts";
import type { LinkRecord } from "../store/links.ts";
import type { PortRecord } from "../store/ports.ts";
import type { Store } from "../store/store.ts";
import { newLink } from "./links.ts";
import type { ComputerRecord } from "./record.ts";

type Kept = Pick<Store, "links" | "ports" | "atomically"> & { fault: Fault };

/** What the computer listens at by itself; a link with another power leads there. */
const TAKEN: Readonly<Record<number, string>> = {
  [CDP_PORT]: "Chromium listens there; make a link with power cdp",
  [RFB_PORT]: "the display listens there; make a link with power view or control",
  [AGENT_PORT]: "the computer's agent listens there",
};
/** The longest label of a host name. */
const MAX_LABEL = 63;

/** Throws port_not_publishable. */
export const requirePublishable = ({ name }: Pick<ComputerRecord, "name">, port: number): void => {
  const taken = TAKEN[port];
  if (taken) throw new VitrineError("port_not_publishable", { port, reason: taken });
  if (`${port}-${name}`.length > MAX_LABEL)
    throw new VitrineError("port_not_publishable", {
      port,
      reason: `${port}-${name} is longer than the ${MAX_LABEL} letters of a host name`,
    });
};

/** Gives a port a URL, and a link in the computer's record where it is not public. Answers the links that this revokes. */
export const publish = ({ links, ports, atomically, fault }: Kept, computer: ComputerRecord, wanted: PortRecord): LinkRecord[] => {
  requirePublishable(computer, wanted.port);
  return atomically(() => {
    ports.set(computer.id, wanted);
    fault("publish:link");
    const own = links.own(computer.id).filter(({ port }) => port === wanted.port);
    if (!wanted.public) {
      if (own.length === 0) links.insert(newLink(computer.id, "port", { port: wanted.port, own: 1 }));
      return [];
    }
    return own.flatMap(({ id }) => links.remove(id, computer.id) ?? []);
  });
};

/** Takes a port's URL and links away. Answers the links, or null when the port was not published. */
export const unpublish = ({ links, ports, atomically }: Kept, computer: ComputerRecord, port: number): LinkRecord[] | null =>
  atomically(() => (ports.remove(computer.id, port) ? links.removePort(computer.id, port) : null));
