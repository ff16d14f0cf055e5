import { once } from "node:events";
import type { Duplex } from "node:stream";

/** Questions of one connection that are answered at once. */
const MAX_UNDER_WAY = 16;

/** The messages of a stream, each with its length before it. Source: RFC 1035, section 4.2.2. */
async function* messages(stream: Duplex): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  // Ended by one side only, it still takes the answers.
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const end = 2 + rest.readUInt16BE(0);
      yield rest.subarray(2, end);
      rest = rest.subarray(end);
    }
  }
}

/** Answers the DNS messages of a connection, in the order in which the answers are known. What is no DNS ends it. */
export const serveDns = async (stream: Duplex, answer: (message: Buffer, signal: AbortSignal) => Promise<Buffer | null>): Promise<void> => {
  const gone = new AbortController();
  stream.once("close", () => gone.abort(new Error("the connection ended")));
  const under = new Set<Promise<void>>();
  const reply = async (message: Buffer) => {
    const answered = await answer(message, gone.signal);
    if (!answered) return void stream.destroy();
    if (stream.destroyed) return;
    const length = Buffer.alloc(2);
    length.writeUInt16BE(answered.length);
    if (!stream.write(Buffer.concat([length, answered]))) await once(stream, "drain", { signal: gone.signal });
  };
  try {
    for await (const message of messages(stream)) {
      const one = reply(message)
        .catch(() => void stream.destroy())
        .finally(() => under.delete(one));
      under.add(one);
      if (under.size >= MAX_UNDER_WAY) await Promise.race(under);
    }
    await Promise.all(under);
    stream.end();
  } catch {
    stream.destroy();
  }
};
