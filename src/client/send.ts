import http from "node:http";
import https from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

export type Body = { json: unknown } | { bytes: Uint8Array | Readable; type: string };

/** The answer's head has come; `stop` ends what is still being sent. */
export interface Sent {
  answer: http.IncomingMessage;
  stop: () => void;
}

/** What a source of bytes failed with; not to be taken for a failure of the connection. */
export class SourceError extends Error {}

const encode = (body: Body | undefined): { bytes?: Uint8Array | Readable; headers: Record<string, string> } => {
  if (!body) return { headers: {} };
  const bytes = "json" in body ? Buffer.from(JSON.stringify(body.json)) : body.bytes;
  const type = "json" in body ? "application/json" : body.type;
  return { bytes, headers: { "content-type": type, ...(bytes instanceof Uint8Array && { "content-length": String(bytes.byteLength) }) } };
};

/**
 * Sends one request; resolves as soon as the answer's head is there, also when that is before all of the body was sent.
 * node:http rather than fetch, because fetch ends an answer that is silent for five minutes, as that of a long exec is.
 */
export const send = (
  url: URL,
  method: string,
  headers: Record<string, string>,
  body: Body | undefined,
  signal: AbortSignal,
): Promise<Sent> =>
  new Promise((resolve, reject) => {
    const { bytes, headers: bodyHeaders } = encode(body);
    const outgoing = (url.protocol === "https:" ? https : http).request(url, { method, headers: { ...headers, ...bodyHeaders }, signal });
    outgoing.on("response", (answer) => resolve({ answer, stop: () => outgoing.destroy() }));
    outgoing.on("error", reject);
    if (bytes instanceof Readable) {
      bytes.once("error", (cause) => reject(new SourceError(cause.message, { cause })));
      pipeline(bytes, outgoing).catch(reject);
    } else outgoing.end(bytes);
  });
