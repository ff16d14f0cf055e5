import { connect } from "node:net";
import { type Duplex, pipeline } from "node:stream";

const DIAL_MS = 10_000;

/** Joins a connection from a guest, which the computer's policy allows, to a port of the host's loopback. Either end's close closes both. */
export const dialHostPort = (port: number, guest: Duplex): void => {
  const host = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  const timer = setTimeout(() => host.destroy(new Error("the host port does not answer")), DIAL_MS);
  host.once("connect", () => clearTimeout(timer));
  host.once("close", () => clearTimeout(timer));
  const onEnd = (error: Error | null | undefined) => {
    if (!error) return;
    host.destroy();
    guest.destroy();
  };
  pipeline(guest, host, onEnd);
  pipeline(host, guest, onEnd);
};
