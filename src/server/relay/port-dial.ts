import type { Duplex } from "node:stream";
import { VitrineError } from "../../contract/errors.ts";
import { withDeadline } from "../deadline.ts";
import type { Guest } from "../guest/guest.ts";
import { dial } from "./dial.ts";

const CONNECT_MS = 10_000;

/** A connection to a server on the guest's loopback, the caller's to end. Errors: port_closed, guest_unreachable, guest_link_lost, timeout. */
export const dialPort = async (guest: Pick<Guest, "connect">, port: number, signal: AbortSignal): Promise<Duplex> => {
  try {
    return await withDeadline(`The connection to port ${port}`, CONNECT_MS, signal, (bounded) => dial(guest, port, bounded));
  } catch (error) {
    // The agent names the port where nothing listens; of a guest that is not reached there is nothing to say about ports.
    if (error instanceof VitrineError && error.code === "guest_unreachable" && error.details.port === port)
      throw new VitrineError("port_closed", { port }, { cause: error });
    throw error;
  }
};
