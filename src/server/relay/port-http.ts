import { type ClientRequest, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { VitrineError } from "../../contract/errors.ts";
import type { Guest } from "../guest/guest.ts";
import { answeredHeaders, type Forwarding, forwardedHeaders } from "./headers.ts";
import { dialPort } from "./port-dial.ts";

export interface PortRequest {
  guest: Pick<Guest, "connect">;
  port: number;
  request: IncomingMessage;
  /** Path and query as the server in the guest gets them. */
  url: string;
  forwarding: Forwarding;
  /** Ends it, whatever it is doing. */
  signal: AbortSignal;
}

/**
 * A request for a server in the guest, on a connection of its own, whose head has not been sent. Both ends are spoken to by Node's own parser and
 * writer, so what one of them takes for a message the other does, too.
 */
export const beginPortRequest = (connection: Duplex, { request, url, forwarding }: PortRequest, more: string[]): ClientRequest =>
  httpRequest({
    createConnection: () => connection,
    method: String(request.method),
    path: url,
    headers: [...forwardedHeaders(request, forwarding), ...more],
    setHost: false,
    setDefaultHeaders: false,
  });

/** How the body's end is told is of the hop: as it came, and there is no third way. Errors: invalid_request. */
const framing = ({ headers }: IncomingMessage): string[] => {
  const coding = headers["transfer-encoding"];
  if (coding === undefined) return [];
  if (coding.toLowerCase() !== "chunked") throw new VitrineError("invalid_request", { reason: "Transfer-Encoding may be chunked alone" });
  return ["Transfer-Encoding", "chunked"];
};

/** A failure before the answer began, as the client is told of it. */
const refusalOf = (error: unknown, port: number): VitrineError =>
  error instanceof VitrineError ? error : new VitrineError("port_failed", { port, reason: (error as Error).message }, { cause: error });

/**
 * Relays one request and its answer, streaming both ways. Resolves when the answer is whole or broken off; what fails before it began is thrown as an error
 * of the registry: port_closed, port_failed, guest_unreachable.
 */
export const relayPortRequest = async (options: PortRequest, response: ServerResponse): Promise<void> => {
  const { guest, port, request, signal } = options;
  const hop = [...framing(request), "Connection", "close"];
  const connection = await dialPort(guest, port, signal);
  const { promise: answered, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const done = new Promise<void>((ended) => response.once("close", ended));
  const stop = () => {
    connection.destroy();
    response.destroy();
  };
  const onAbort = () => {
    reject(signal.reason);
    stop();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  response.once("close", () => connection.destroy());
  try {
    if (signal.aborted) throw signal.reason;
    const sent = beginPortRequest(connection, options, hop)
      .on("error", reject)
      .on("upgrade", () => reject(new Error("it switched protocols without being asked to")))
      .on("response", resolve);
    request.pipe(sent);
    const answer = await answered;
    // A server may answer before it has read all; what is left is not for it any more.
    answer.once("close", () => request.unpipe(sent).resume());
    answer.on("error", stop);
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? "", answeredHeaders(answer));
    response.flushHeaders();
    answer.pipe(response);
    answer.once("close", () => {
      if (!answer.complete) stop();
    });
    await done;
  } catch (error) {
    connection.destroy();
    throw refusalOf(error, port);
  } finally {
    answered.catch(() => {});
    signal.removeEventListener("abort", onAbort);
    connection.destroy();
  }
};
