import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { VitrineError } from "../../contract/errors.ts";

/** The key of a WebSocket handshake. Errors: invalid_request when it is not one of version 13. */
export const handshakeKey = ({ method, headers }: IncomingMessage): string => {
  const key = headers["sec-websocket-key"] ?? "";
  const valid = method === "GET" && headers.upgrade?.toLowerCase() === "websocket" && headers["sec-websocket-version"] === "13";
  if (!valid || !/^[+/0-9A-Za-z]{22}==$/.test(key)) {
    throw new VitrineError("invalid_request", { reason: "this is not a WebSocket handshake of version 13" });
  }
  return key;
};

/**
 * Watches over a client's socket while what it asked for is being reached: a reset is not an uncaught error, and `signal` aborts when
 * the client is gone or `parent` aborts. `release` ends the watch.
 */
export const guardSocket = (socket: Duplex, parent: AbortSignal): { signal: AbortSignal; release: () => void } => {
  const gone = new AbortController();
  const onError = () => {};
  const onClose = () => gone.abort(new Error("the client is gone"));
  socket.on("error", onError);
  socket.on("close", onClose);
  if (socket.destroyed) onClose();
  // The listener for errors stays: a socket may still fail while it is being ended.
  return { signal: AbortSignal.any([parent, gone.signal]), release: () => socket.off("close", onClose) };
};

/** Long-lived connections: no idle limit, dead peers are found by TCP keep-alive, small messages are not held back. */
export const keepOpen = (socket: Duplex): void => {
  if (!(socket instanceof Socket)) return;
  socket.setTimeout(0);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 30_000);
};
