import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { Fault, invalid } from "./fault.ts";

/** One stream of the guest link, its secret checked. */
export interface Call {
  stream: ServerHttp2Stream;
  headers: IncomingHttpHeaders;
  method: string;
  /** Segments of the path, decoded. */
  segments: string[];
  query: URLSearchParams;
}
export type Handler = (call: Call) => Promise<void> | void;
/** Handlers by method and path; `*` stands for one segment. */
export type Routes = Record<string, Handler>;

/** Large enough for 8 MiB of stdin in JSON's longest spelling. */
const MAX_JSON = 64 * 1024 * 1024;

/** The request's body as JSON. The host is trusted to send the type it says. */
export const readJson = async <T>(stream: ServerHttp2Stream): Promise<T> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length;
    if (size > MAX_JSON) throw new Fault("payload_too_large", { limit: MAX_JSON });
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as T;
  } catch {
    throw invalid("the body is not JSON");
  }
};

const answer = (stream: ServerHttp2Stream, status: number, body: string): void => {
  if (stream.destroyed || stream.closed) return;
  stream.respond({ ":status": status, "content-type": "application/json" });
  stream.end(body);
};

export const answerJson = (stream: ServerHttp2Stream, value: unknown): void => answer(stream, 200, JSON.stringify(value));

export const answerNothing = (stream: ServerHttp2Stream): void => {
  if (stream.destroyed || stream.closed) return;
  stream.respond({ ":status": 204 }, { endStream: true });
};

/** Ends a call that failed: with the fault where an answer can still be given, otherwise by a reset, so that what was sent cannot pass for whole. */
export const answerFault = (stream: ServerHttp2Stream, fault: Fault): void => {
  if (stream.destroyed || stream.closed) return;
  // Not by close, which would end the stream before it resets it.
  if (stream.headersSent) stream.destroy(fault);
  else {
    answer(stream, fault.code === "unauthorized" ? 401 : 400, JSON.stringify(fault));
    // A body that is still coming is let pass by; the host stops it when it sees the answer.
    stream.resume();
  }
};
