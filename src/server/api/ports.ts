import { VitrineError } from "../../contract/errors.ts";
import { publish, unpublish } from "../computers/publish.ts";
import type { ComputerRecord } from "../computers/record.ts";
import { withDeadline } from "../deadline.ts";
import { Backoff } from "../guest/backoff.ts";
import type { Guest } from "../guest/guest.ts";
import { dialPort } from "../relay/port-dial.ts";
import type { PortRecord } from "../store/ports.ts";
import type { Context } from "./context.ts";
import { endLinks } from "./links.ts";
import type { Handlers } from "./operate.ts";
import type { OpenRelays } from "./relays.ts";
import { portView } from "./view.ts";

/** Milliseconds for one look at a port. */
const LOOK_MS = 10_000;

/** Whether a server takes connections at a port of the guest's loopback. */
const isListening = async (guest: Guest, port: number, signal: AbortSignal): Promise<boolean> => {
  try {
    (await dialPort(guest, port, signal)).destroy();
    return true;
  } catch (error) {
    if (error instanceof VitrineError && error.code === "port_closed") return false;
    throw error;
  }
};

/** Nothing in a guest tells of a new listener, so it is tried: after 50 ms at first, and in the end once a second. */
const untilListening = async (guest: Guest, port: number, signal: AbortSignal): Promise<void> => {
  for (const backoff = new Backoff(); !(await isListening(guest, port, signal)); ) await backoff.wait(signal);
};

export const portHandlers = (
  context: Context,
  relays: OpenRelays,
): Pick<Handlers, "publishPort" | "listPublishedPorts" | "getPublishedPort" | "unpublishPort"> => {
  const { ports, emit } = context;
  const published = (record: ComputerRecord, port: number): PortRecord => {
    const found = ports.get(record.id, port);
    if (!found) throw new VitrineError("port_not_published", { port });
    return found;
  };
  return {
    publishPort: ({ params, computers, body, request, actor }) => {
      const record = computers.get(params.id);
      if (record.status === "deleting" || record.status === "deleted") throw new VitrineError("computer_not_found", { id: record.id });
      const before = ports.get(record.id, body.port);
      endLinks(context, relays, publish(context, record, body), "the port is public", actor);
      if (before?.public && !body.public) relays.endPort(record.id, body.port, "unlinked");
      if (before?.public !== body.public) emit({ type: "port.published", computer_id: record.id, actor, data: body });
      return portView(context, request, record, body);
    },
    listPublishedPorts: ({ params, computers, request }) => {
      const record = computers.get(params.id);
      return { data: ports.list(record.id).map((port) => portView(context, request, record, port)), next_cursor: null };
    },
    getPublishedPort: async ({ params, computers, query, request, signal }) => {
      const { record, live } = computers.running(params.id, "looking at its ports");
      const view = portView(context, request, record, published(record, params.port));
      if (query.wait_s === 0) {
        const look = (within: AbortSignal) => isListening(live.guest, params.port, within);
        return { ...view, listening: await withDeadline("The look at the port", LOOK_MS, signal, look) };
      }
      const release = live.activity.hold("port");
      try {
        const wait = (within: AbortSignal) => untilListening(live.guest, params.port, within);
        await withDeadline(`The server at port ${params.port}`, query.wait_s * 1000, signal, wait);
      } finally {
        release();
      }
      return { ...view, listening: true };
    },
    unpublishPort: ({ params, computers, actor }) => {
      const record = computers.get(params.id);
      const revoked = unpublish(context, record, params.port);
      if (!revoked) return;
      endLinks(context, relays, revoked, "the port is not published any more", actor);
      relays.endPort(record.id, params.port, "all");
      emit({ type: "port.unpublished", computer_id: record.id, actor, data: { port: params.port } });
    },
  };
};
