import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { VitrineError } from "../../contract/errors.ts";
import { refuseSocket } from "../relay/refuse.ts";
import type { Limits } from "../setup/limits.ts";
import { countConnections } from "./connections.ts";
import { exchangesOn, follow } from "./exchanges.ts";
import { respond } from "./respond.ts";
import { endStalls } from "./stalls.ts";

export interface Door {
  limits: Limits;
  onRequest: RequestListener;
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** How often Node looks for heads that take too long. Milliseconds. */
const lookEvery = (headerS: number): number => Math.min(1000, headerS * 250);

/** What Node's parser could not read, in our own words. */
const faultOf = ({ code }: NodeJS.ErrnoException, { headerBytes, headerS }: Limits): VitrineError => {
  if (code === "HPE_HEADER_OVERFLOW") return new VitrineError("headers_too_large", { limit: `${headerBytes} bytes` });
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return new VitrineError("request_timeout", { part: "header", timeout_s: headerS });
  return new VitrineError("invalid_request", { reason: "this is not HTTP/1.1" });
};

/** The HTTP server with all its limits: who gets in is handed on, who does not is answered here with an error of the registry. */
export const createDoor = ({ limits, onRequest, onUpgrade }: Door): Server => {
  const server = createServer({
    // Uploads take what they take, as long as they move; only the head of a request has a time limit.
    requestTimeout: 0,
    headersTimeout: limits.headerS * 1000,
    connectionsCheckingInterval: lookEvery(limits.headerS),
    keepAliveTimeout: limits.keepAliveS * 1000,
    maxHeaderSize: limits.headerBytes,
    // A missing Host is refused in our own words, by the guard.
    requireHostHeader: false,
  });
  // Node drops what is beyond this silently; one more than is allowed shows that there were too many.
  server.maxHeadersCount = limits.headers + 1;
  countConnections(server, limits);
  endStalls(server, limits);

  /** Name and value take a place each. */
  const hasTooMany = ({ rawHeaders }: IncomingMessage): boolean => rawHeaders.length > 2 * limits.headers;
  const tooMany = () => new VitrineError("headers_too_large", { limit: `${limits.headers} fields` });

  const admit: RequestListener = (request, response) => {
    const open = follow({ request, response });
    response.once("close", () => {
      // What was under way when the server was closed has ended; its connection is of no use any more.
      if (!server.listening) server.closeIdleConnections();
    });
    if (!server.listening) return respond(response, new VitrineError("service_stopping"));
    if (hasTooMany(request)) return respond(response, tooMany());
    if (open > limits.pipelined)
      return respond(response, new VitrineError("too_many_requests", { reason: `${limits.pipelined} requests wait on this connection` }));
    onRequest(request, response);
  };
  server.on("request", admit);
  // An expectation that nobody knows may be ignored; Node's own answer has no body.
  server.on("checkExpectation", admit);
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    // From here on it is the relay's, which ends what does not move by itself.
    socket.setTimeout(0);
    if (!server.listening) return refuseSocket(socket, new VitrineError("service_stopping"));
    if (hasTooMany(request)) return refuseSocket(socket, tooMany());
    // Node can be told to go on in HTTP/1.1 instead, but loses what follows on the connection (v24.21).
    if (request.method !== "GET" || request.headers.upgrade?.toLowerCase() !== "websocket")
      return refuseSocket(
        socket,
        new VitrineError("invalid_request", { reason: "a GET may be upgraded to a WebSocket, and nothing else" }),
      );
    onUpgrade(request, socket, head);
  });
  server.on("clientError", (error, socket) => {
    // Into the middle of an answer nothing can be said.
    if (exchangesOn(socket).some(({ response }) => response.headersSent)) socket.destroy();
    else refuseSocket(socket, faultOf(error, limits));
  });
  return server;
};
