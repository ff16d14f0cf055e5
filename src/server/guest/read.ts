import type { ClientHttp2Stream } from "node:http2";
import { PassThrough, Readable } from "node:stream";
import { badAnswer } from "./answers.ts";
import { asLoss, cancel } from "./loss.ts";

/**
 * The bytes of an answer up to its end, taken from now on, whenever they are asked for: to Node's own iterator an HTTP/2 stream that has closed is a broken one, also when all of it has
 * come and waits to be read.
 */
const taken = (stream: ClientHttp2Stream): Readable => {
  const bytes = new PassThrough();
  // Told to whoever reads it; nobody may.
  bytes.on("error", () => {});
  const onClose = () => {
    if (!stream.readableEnded) bytes.destroy(asLoss(stream.errored));
  };
  stream.once("close", onClose);
  if (stream.destroyed) onClose();
  return stream.pipe(bytes);
};

/** The same, piece by piece. Fails with guest_link_lost when they break off: a stream that was reset before anyone read it ends without an error of its own. */
export const readChunks = (stream: ClientHttp2Stream): AsyncGenerator<Buffer> => {
  const bytes = taken(stream);
  return (async function* () {
    try {
      for await (const chunk of bytes as AsyncIterable<Buffer>) yield chunk;
      if (stream.rstCode !== 0) throw asLoss(stream.errored);
    } catch (error) {
      throw asLoss(error);
    }
  })();
};

/** An answer's bytes as a stream of their own, that is whole when it ends. Destroying it resets the answer. */
export const readBody = (stream: ClientHttp2Stream): Readable => {
  const body = Readable.from(readChunks(stream), { objectMode: false, highWaterMark: 256 * 1024 });
  body.once("close", () => cancel(stream));
  return body;
};

/** The whole of an answer as text; at most `limit` bytes. */
export const readText = async (stream: ClientHttp2Stream, limit: number): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of readChunks(stream)) {
    size += chunk.length;
    if (size > limit) throw badAnswer(`it is longer than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
};

/** The lines of an answer; none may be longer than `limit` bytes. */
export async function* readLines(stream: ClientHttp2Stream, limit: number): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of readChunks(stream)) {
    let data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10)) {
      if (end > limit) throw badAnswer(`a line is longer than ${limit} bytes`);
      yield data.toString("utf8", 0, end);
      data = data.subarray(end + 1);
    }
    if (data.length > limit) throw badAnswer(`a line is longer than ${limit} bytes`);
    rest = Buffer.from(data);
  }
}
