import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { VitrineError } from "../../contract/errors.ts";

/** Any failure as an error of the registry; what is not one says nothing of itself to the client. */
export const asVitrineError = (error: unknown): VitrineError =>
  error instanceof VitrineError ? error : new VitrineError("internal_error", { request: "of this connection" }, { cause: error });

/** Answers an upgrade request with an HTTP error and the JSON body of the registry, and ends the connection. */
export const refuseUpgrade = (socket: Duplex, error: VitrineError, requestId?: string): void => {
  const body = Buffer.from(JSON.stringify(error.toBody(requestId)));
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? "Error"}`,
    "Connection: close",
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${body.length}`,
    "Cache-Control: no-store",
    "",
    "",
  ].join("\r\n");
  // A reset by the client must not become an uncaught error.
  socket.on("error", () => {});
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(Buffer.concat([Buffer.from(head), body]), () => socket.destroy());
};
