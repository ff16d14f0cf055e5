import type { Server } from "node:http";
import type { Socket } from "node:net";
import { VitrineError } from "../../contract/errors.ts";
import { refuseSocket } from "../relay/refuse.ts";
import type { Limits } from "../setup/limits.ts";

/** Connections beyond the limit that may be told so at one time; more are closed without a word. */
const BEING_REFUSED = 64;

/** Counts connections, in all and by the address they come from, and refuses those over a limit before anything of them is read. */
export const countConnections = (server: Server, limits: Pick<Limits, "connections" | "connectionsPerAddress">): void => {
  const byAddress = new Map<string, number>();
  let all = 0;

  const fault = (address: string): VitrineError | null => {
    if (all >= limits.connections) return new VitrineError("too_many_connections", { reason: `${all} are open` });
    const own = byAddress.get(address) ?? 0;
    return own >= limits.connectionsPerAddress
      ? new VitrineError("too_many_connections", { reason: `${own} are open from your address` })
      : null;
  };
  const count = (socket: Socket, address: string): void => {
    all++;
    byAddress.set(address, (byAddress.get(address) ?? 0) + 1);
    socket.once("close", () => {
      all--;
      const left = (byAddress.get(address) ?? 1) - 1;
      if (left > 0) byAddress.set(address, left);
      else byAddress.delete(address);
    });
  };

  // What Node's server listens with is run for those that are let in alone.
  const serveHttp = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    const error = fault(address);
    if (error) return refuseSocket(socket, error);
    count(socket, address);
    for (const listener of serveHttp) listener.call(server, socket);
  });
  server.maxConnections = limits.connections + BEING_REFUSED;
};
