import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { retryAfterOf, VitrineError } from "../../contract/errors.ts";

/** Milliseconds that a refused peer has to take its answer. */
const FAREWELL_MS = 1000;

/** Any failure as an error of the registry; what is not one says nothing of itself to the client. */
export const asVitrineError = (error: unknown): VitrineError =>
  error instanceof VitrineError ? error : new VitrineError("internal_error", { request: "of this connection" }, { cause: error });

/** An error of the registry as a whole HTTP answer, for where there is no response to write it to. */
const bytesOf = (error: VitrineError, requestId?: string): Buffer => {
  const body = Buffer.from(JSON.stringify(error.toBody(requestId)));
  const retryAfter = retryAfterOf(error);
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? "Error"}`,
    "Connection: close",
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${body.length}`,
    "Cache-Control: no-store",
    ...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
    "",
    "",
  ].join("\r\n");
  return Buffer.concat([Buffer.from(head), body]);
};

/**
 * Answers what came on a bare socket with an HTTP error and the JSON body of the registry, and ends the connection. What the peer still sends is thrown
 * away: a reset could reach it before the answer.
 */
export const refuseSocket = (socket: Duplex, error: VitrineError, requestId?: string): void => {
  // A reset by the peer must not become an uncaught error.
  socket.on("error", () => {});
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const enough = setTimeout(() => socket.destroy(), FAREWELL_MS);
  socket.once("close", () => clearTimeout(enough));
  socket.once("end", () => socket.destroy());
  socket.resume();
  socket.end(bytesOf(error, requestId));
};

/** The same, for an upgrade request. */
export const refuseUpgrade = refuseSocket;
