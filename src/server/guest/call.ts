import type { ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http2";
import type { Readable } from "node:stream";
import type { z } from "zod";
import { faultFrom, parseAnswer } from "./answers.ts";
import { bytesOnly } from "./bytes.ts";
import type { Link } from "./link.ts";
import { asLoss, cancel, linkLost } from "./loss.ts";
import { readText } from "./read.ts";

const MAX_JSON = 4 * 1024 * 1024;

export interface Request {
  method: "GET" | "PUT" | "POST" | "DELETE" | "CONNECT";
  /** Where CONNECT leads. */
  authority?: string;
  path?: string;
  query?: Record<string, string | number | undefined>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it comes. It is not destroyed when the call fails: it belongs to the caller. */
  body?: Readable;
  /** Neither json nor body, and yet the stream stays open for writing. */
  open?: boolean;
  signal: AbortSignal;
}

export interface Answer {
  stream: ClientHttp2Stream;
  headers: IncomingHttpHeaders;
}

const headersOf = (link: Link, request: Request): OutgoingHttpHeaders => {
  if (request.method === "CONNECT") return { ":method": "CONNECT", ":authority": request.authority, authorization: link.authorization };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {})) if (value !== undefined) query.set(name, String(value));
  return {
    ":method": request.method,
    ":path": query.size > 0 ? `${request.path}?${query}` : request.path,
    authorization: link.authorization,
  };
};

/** Sends a body with back-pressure. `fail` is told when the body breaks before its end. */
const pump = (body: Readable, stream: ClientHttp2Stream, fail: (error: unknown) => void): void => {
  const onError = (error: unknown) => fail(error);
  const onClose = () => {
    if (!body.readableEnded) fail(body.errored ?? new Error("the body broke off"));
  };
  body.on("error", onError);
  body.on("close", onClose);
  if (body.destroyed) onClose();
  stream.once("close", () => {
    body.unpipe(stream);
    body.off("close", onClose);
  });
  body.pipe(stream);
};

/**
 * Sends a request and waits for the head of its answer, until `signal` aborts. An error answer is thrown as its VitrineError; a stream that ends before its
 * answer as guest_link_lost. Afterwards the stream is the caller's, to end on every path.
 */
export const send = async (link: Link, request: Request): Promise<Answer> => {
  const { signal, json, body } = request;
  const session = await link.session(signal);
  signal.throwIfAborted();
  const head = Promise.withResolvers<IncomingHttpHeaders>();
  head.promise.catch(() => {});
  let stream: ClientHttp2Stream;
  try {
    stream = session.request(headersOf(link, request), {
      endStream: json === undefined && !body && !request.open && request.method !== "CONNECT",
    });
  } catch (error) {
    throw linkLost(error);
  }
  bytesOnly(stream);
  // Whoever reads the stream sees it break; nobody's listening must not end the service.
  stream.on("error", () => {});
  const onAbort = () => head.reject(signal.reason);
  const onClose = () => head.reject(asLoss(stream.errored));
  signal.addEventListener("abort", onAbort, { once: true });
  stream.once("response", head.resolve);
  stream.once("close", onClose);
  if (json !== undefined) stream.end(JSON.stringify(json));
  else if (body) pump(body, stream, head.reject);
  try {
    const headers = await head.promise;
    if (Number(headers[":status"]) < 300) return { stream, headers };
    body?.unpipe(stream);
    throw faultFrom(await untilAborted(signal, stream, readText(stream, MAX_JSON)));
  } catch (error) {
    cancel(stream);
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    stream.off("close", onClose);
  }
};

/** Waits for work on a stream, which an abort resets. What breaks meanwhile is a loss of the link. */
export const untilAborted = async <T>(signal: AbortSignal, stream: ClientHttp2Stream, work: Promise<T>): Promise<T> => {
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const onAbort = () => {
    aborted.reject(signal.reason);
    cancel(stream);
  };
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw asLoss(error);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
};

/** A call that is answered by JSON of at most 4 MiB. */
export const callJson = async <T>(link: Link, request: Request, schema: z.ZodType<T>): Promise<T> => {
  const { stream } = await send(link, request);
  try {
    return parseAnswer(schema, await untilAborted(request.signal, stream, readText(stream, MAX_JSON)), `${request.method} ${request.path}`);
  } finally {
    cancel(stream);
  }
};

/** A call whose answer is that it was done. */
export const call = async (link: Link, request: Request): Promise<void> => {
  const { stream } = await send(link, request);
  stream.resume();
  cancel(stream);
};
