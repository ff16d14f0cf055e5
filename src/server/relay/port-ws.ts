import type { IncomingMessage } from "node:http";
import { type Duplex, PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { VitrineError } from "../../contract/errors.ts";
import { guardSocket, handshakeKey, keepOpen } from "./client-socket.ts";
import { farewellOf } from "./cut.ts";
import { answeredHeaders } from "./headers.ts";
import { dialPort } from "./port-dial.ts";
import { beginPortRequest, type PortRequest } from "./port-http.ts";
import { splice } from "./splice.ts";
import { WsDownstream } from "./ws-downstream.ts";

/** A message's head as bytes; its header values are latin1, as Node reads them. */
const headOf = ({ statusCode, statusMessage }: IncomingMessage, headers: string[]): Buffer => {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
};

/**
 * Relays a WebSocket to a server in the guest, without extensions, so that a frame's end is known where the service has to say goodbye. A server
 * that refuses is passed on as it speaks. Resolves when both sides are gone; what fails before anything was answered is thrown as an error of the registry.
 */
export const relayPortSocket = async (options: PortRequest & { stallMs: number }, socket: Duplex, head: Buffer): Promise<void> => {
  const { guest, port, request, signal, stallMs } = options;
  handshakeKey(request);
  const guard = guardSocket(socket, signal);
  let connection: Duplex | undefined;
  let answer: { response: IncomingMessage; stream?: Duplex; early?: Buffer };
  const { promise, resolve, reject } = Promise.withResolvers<typeof answer>();
  promise.catch(() => {});
  const onAbort = () => reject(guard.signal.reason);
  guard.signal.addEventListener("abort", onAbort, { once: true });
  try {
    connection = await dialPort(guest, port, guard.signal);
    const forwarding = { ...options.forwarding, without: ["sec-websocket-extensions"] };
    beginPortRequest(connection, { ...options, forwarding }, ["Connection", "Upgrade", "Upgrade", "websocket"])
      .on("error", reject)
      .on("response", (response) => resolve({ response }))
      .on("upgrade", (response, stream, early) => resolve({ response, stream: stream as Duplex, early }))
      .end();
    answer = await promise;
  } catch (error) {
    connection?.destroy();
    throw error instanceof VitrineError
      ? error
      : new VitrineError("port_failed", { port, reason: (error as Error).message }, { cause: error });
  } finally {
    guard.signal.removeEventListener("abort", onAbort);
    guard.release();
  }
  const { response, stream, early } = answer;
  if (!stream) {
    socket.write(headOf(response, [...answeredHeaders(response), "Connection", "close"]));
    const cut = () => socket.destroy();
    signal.addEventListener("abort", cut, { once: true });
    await pipeline(response, socket).catch(() => {});
    signal.removeEventListener("abort", cut);
    connection.destroy();
    return;
  }
  keepOpen(socket);
  socket.write(headOf(response, [...answeredHeaders(response), "Connection", "Upgrade", "Upgrade", "websocket"]));
  if (head.length > 0) socket.unshift(head);
  if (early && early.length > 0) stream.unshift(early);
  const down = new WsDownstream("the server in the computer ended the connection");
  const farewell = ({ by }: { by: string }) => {
    if (by === "signal") down.goodbye = farewellOf(signal);
  };
  await splice({ client: socket, guest: stream, up: new PassThrough(), down, signal, stallMs, farewell });
};
