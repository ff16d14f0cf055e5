import type { Duplex, Transform } from "node:stream";

/** Who ended a relayed connection, and how if not in good order. */
export interface RelayEnd {
  by: "client" | "guest" | "signal" | "violation" | "stall";
  error?: Error;
}

export interface SpliceOptions {
  client: Duplex;
  guest: Duplex;
  /** Client to guest. Its error is a violation by the client. */
  up: Transform;
  /** Guest to client. Ended, not destroyed, when there is still something to be said to the client. */
  down: Transform;
  signal: AbortSignal;
  /** Milliseconds that a client may leave what there is for it unread. */
  stallMs: number;
  /** Milliseconds that the other side has to finish once one side has ended. */
  lingerMs?: number;
  /** Called once, at the first end, before the client's side is ended. */
  farewell?: (end: RelayEnd) => void;
}

/**
 * Joins two byte streams, with back-pressure both ways, until either ends, or the client reads nothing of what waits for it. Then the other is ended too, at the latest after `lingerMs`.
 * Resolves when both are gone; never rejects.
 */
export const splice = ({ client, guest, up, down, signal, stallMs, lingerMs = 5000, farewell }: SpliceOptions): Promise<RelayEnd> => {
  const { promise, resolve } = Promise.withResolvers<RelayEnd>();
  let end: RelayEnd | undefined;
  let linger: NodeJS.Timeout | undefined;
  let stall: NodeJS.Timeout | undefined;
  const open = new Set<Duplex>([client, guest]);

  const destroyBoth = () => {
    client.destroy();
    guest.destroy();
  };
  const onAbort = () => finish("signal");
  const finish = (by: RelayEnd["by"], error?: Error) => {
    if (end) return;
    end = { by, ...(error && { error }) };
    signal.removeEventListener("abort", onAbort);
    clearTimeout(stall);
    linger = setTimeout(destroyBoth, lingerMs);
    farewell?.(end);
    // A client that ends in good order ends the guest's side through the pipes and gets what the guest still says.
    if (by === "client" && !error) return;
    client.unpipe(up);
    client.resume();
    guest.unpipe(down);
    guest.destroy();
    down.end();
  };
  /** What waits is held back in `down`, and so in the guest; a client that goes on reading takes some of it each time that it drains. */
  const onHeldBack = () => {
    clearTimeout(stall);
    if (end || !client.writableNeedDrain) return;
    stall = setTimeout(() => {
      finish("stall");
      client.destroy();
    }, stallMs);
  };
  const onClose = (stream: Duplex) => {
    finish(stream === client ? "client" : "guest");
    open.delete(stream);
    if (stream === client) guest.destroy();
    else down.end();
    if (open.size > 0) return;
    clearTimeout(linger);
    up.destroy();
    down.destroy();
    resolve(end!);
  };

  client.on("end", () => finish("client"));
  client.on("error", (error) => finish("client", error));
  client.on("close", () => onClose(client));
  client.on("drain", () => clearTimeout(stall));
  down.on("pause", onHeldBack);
  guest.on("end", () => finish("guest"));
  guest.on("error", (error) => finish("guest", error));
  guest.on("close", () => onClose(guest));
  up.on("error", (error) => finish("violation", error));
  down.on("error", (error) => {
    finish("guest", error);
    client.destroy();
  });

  client.pipe(up).pipe(guest);
  guest.pipe(down).pipe(client);
  if (signal.aborted) finish("signal");
  else signal.addEventListener("abort", onAbort, { once: true });
  if (client.destroyed || guest.destroyed) destroyBoth();
  // A stream that was already gone emits no close any more.
  if (client.closed) onClose(client);
  if (guest.closed) onClose(guest);
  return promise;
};
