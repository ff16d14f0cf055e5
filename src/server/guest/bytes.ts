import type { ClientHttp2Stream } from "node:http2";

type Chunks = Parameters<NonNullable<ClientHttp2Stream["_writev"]>>[0];

/**
 * Has a stream of the link write bytes alone. Node 24's http writes a message's head as text together with the body's bytes, and an HTTP/2 stream that is given
 * both at once sends memory that is no longer its own in place of the first 16 bytes.
 */
export const bytesOnly = (stream: ClientHttp2Stream): void => {
  const writev = stream._writev?.bind(stream);
  if (!writev) return;
  stream._writev = (chunks, callback) => {
    const bytes = chunks.map(({ chunk, encoding }) => ({
      chunk: typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk,
      encoding: "buffer" as BufferEncoding,
    }));
    writev(Object.assign(bytes, { allBuffers: true }) as Chunks, callback);
  };
};
