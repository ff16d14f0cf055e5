import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

/** The exchanges that are under way on each connection. */
const underWay = new WeakMap<Duplex, Set<Exchange>>();

/** Takes an exchange up until its response is closed. Answers how many there are on its connection now. */
export const follow = (exchange: Exchange): number => {
  const { socket } = exchange.request;
  const all = underWay.get(socket) ?? new Set();
  underWay.set(socket, all.add(exchange));
  exchange.response.once("close", () => all.delete(exchange));
  return all.size;
};

export const exchangesOn = (socket: Duplex): readonly Exchange[] => [...(underWay.get(socket) ?? [])];
