import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket, WebSocketServer } from "ws";
import { VitrineError } from "../../contract/errors.ts";

/** Completes a handshake; synchronous in ws, so the failure it tells of on the server is this request's. Errors: invalid_request. */
export const acceptSocket = (
  upgrader: WebSocketServer,
  { request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer },
): WebSocket => {
  let accepted: WebSocket | undefined;
  let reason = "the client is gone";
  const onFailure = (error: Error) => {
    reason = error.message;
  };
  upgrader.on("wsClientError", onFailure);
  upgrader.handleUpgrade(request, socket, head, (ws) => {
    accepted = ws;
  });
  upgrader.off("wsClientError", onFailure);
  if (!accepted) throw new VitrineError("invalid_request", { reason });
  return accepted;
};
