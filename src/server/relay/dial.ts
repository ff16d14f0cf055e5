import type { Duplex } from "node:stream";
import type { Guest } from "../guest/guest.ts";

/**
 * Connects to a port of the guest's loopback. `signal` ends the wait, and never the connection that came of it, which is the caller's to end:
 * a deadline that passes later must not reach it.
 */
export const dial = async (guest: Pick<Guest, "connect">, port: number, signal: AbortSignal): Promise<Duplex> => {
  signal.throwIfAborted();
  const wait = new AbortController();
  const abort = () => wait.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    const stream = await guest.connect(port, wait.signal);
    // Between one owner and the next an error must not be an uncaught one.
    stream.on("error", () => {});
    if (!signal.aborted) return stream;
    stream.destroy();
    throw signal.reason;
  } finally {
    signal.removeEventListener("abort", abort);
  }
};
