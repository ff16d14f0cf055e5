import type { Duplex } from "node:stream";
import { VitrineError } from "../../contract/errors.ts";
import { HOST_ALIAS } from "../../contract/guest/protocol.ts";
import { badAnswer } from "./answers.ts";
import { Backoff } from "./backoff.ts";
import { send } from "./call.ts";
import type { GuestLog, Link } from "./link.ts";
import { cancel } from "./loss.ts";

/** Streams that wait for a connection, and connections that may be open at once. */
const WAITING = 4;
const MAX_OPEN = 256;
/** Longer than any address. */
const MAX_ADDRESS = 64;

/** Keeps streams waiting for connections that the guest's programs make, until the link is closed. */
export const serveConnections = (
  link: Link,
  log: GuestLog,
  accept: (target: { address: string; port: number }, stream: Duplex) => void,
): void => {
  const signal = link.closed;
  let open = 0;
  let room = Promise.withResolvers<void>();

  const takeOne = async (): Promise<void> => {
    const { stream, headers } = await send(link, { method: "POST", path: "/accept", open: true, signal });
    const port = Number(headers["x-port"]);
    const { "x-address": address = HOST_ALIAS.address } = headers;
    if (!Number.isInteger(port) || port < 1 || port > 65535 || typeof address !== "string" || address.length > MAX_ADDRESS) {
      cancel(stream);
      throw badAnswer("where a connection goes");
    }
    open++;
    stream.once("close", () => {
      open--;
      room.resolve();
      room = Promise.withResolvers();
    });
    accept({ address, port }, stream);
  };

  const wait = async (): Promise<void> => {
    const backoff = new Backoff();
    while (!signal.aborted) {
      try {
        await takeOne();
        backoff.reset();
        while (open > MAX_OPEN - WAITING && !signal.aborted) await room.promise;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof VitrineError && error.code === "guest_link_lost"))
          log("connections of the guest cannot be served", { error: String(error) });
        await backoff.wait(signal).catch(() => {});
      }
    }
  };
  for (let i = 0; i < WAITING; i++) void wait();
};
