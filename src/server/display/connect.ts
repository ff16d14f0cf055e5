import type { Duplex } from "node:stream";
import { VitrineError } from "../../contract/errors.ts";
import { RFB_PORT } from "../../contract/guest/protocol.ts";
import { withDeadline } from "../deadline.ts";
import type { Guest } from "../guest/guest.ts";
import { dial } from "../relay/dial.ts";

/** What of a guest is needed to reach its VNC server. */
export type DisplayGuest = Pick<Guest, "connect">;

const CONNECT_MS = 10_000;

/** A byte stream to the guest's VNC server, the caller's to end. Errors: display_unavailable. */
export const connectDisplay = async (guest: DisplayGuest, signal: AbortSignal): Promise<Duplex> => {
  try {
    return await withDeadline("The display", CONNECT_MS, signal, (bounded) => dial(guest, RFB_PORT, bounded));
  } catch (error) {
    if (signal.aborted) throw error;
    throw new VitrineError("display_unavailable", { reason: error instanceof Error ? error.message : String(error) }, { cause: error });
  }
};
