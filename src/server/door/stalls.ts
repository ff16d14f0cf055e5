import type { Server } from "node:http";
import type { Socket } from "node:net";
import { VitrineError } from "../../contract/errors.ts";
import type { Limits } from "../setup/limits.ts";
import { type Exchange, exchangesOn } from "./exchanges.ts";
import { respond } from "./respond.ts";

/** A body that somebody here reads, and of which nothing comes. One that is not read, or that the guest does not take, is no fault of the client's. */
const isWaitedFor = ({ request }: Exchange): boolean => !request.complete && request.readableFlowing === true;

/**
 * Ends connections on which nothing has moved for `stallS` while something should have: an answer that its client does not read, or a body that does not
 * come. A quiet answer (a long command, a stream of events) is left in peace; so is every connection that was upgraded.
 */
export const endStalls = (server: Server, { stallS }: Pick<Limits, "stallS">): void => {
  server.timeout = stallS * 1000;
  server.on("timeout", (socket: Socket) => {
    const exchanges = exchangesOn(socket);
    if (exchanges.length === 0 || socket.writableLength > 0) return void socket.destroy();
    const stalled = exchanges.find(isWaitedFor);
    if (!stalled) return void socket.setTimeout(server.timeout);
    if (stalled.response.headersSent) return void socket.destroy();
    respond(stalled.response, new VitrineError("request_timeout", { part: "body", timeout_s: stallS }));
  });
};
