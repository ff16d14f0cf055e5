import type { ServerHttp2Stream } from "node:http2";
import type { Outgoing, RefusedPacket } from "../../../src/contract/guest/protocol.ts";
import type { Handler, Routes } from "../call.ts";
import { invalid } from "../fault.ts";

/** Connections that wait for the host, and how long each does. */
const MAX_WAITING = 512;
const WAIT_MS = 10_000;

interface Waiting {
  line: Outgoing;
  take(stream: ServerHttp2Stream): void;
}

/** The way out of the guest: the host is told of each connection and takes it over, on a stream of its own. */
export interface Outlet {
  routes: Routes;
  /** The host's end of a connection to this address. Rejects when the host does not take it in time, or when `signal` aborts. */
  open(address: string, port: number, signal?: AbortSignal): Promise<ServerHttp2Stream>;
  /** Tells the host, where it listens, of a packet that the kernel did not let out. */
  refused(packet: RefusedPacket): void;
}

export const createOutlet = (): Outlet => {
  const waiting = new Map<number, Waiting>();
  const followers = new Set<ServerHttp2Stream>();
  let lastId = 0;

  const tell = (stream: ServerHttp2Stream, line: Outgoing) => stream.write(`${JSON.stringify(line)}\n`);

  const follow: Handler = ({ stream }) => {
    stream.respond({ ":status": 200, "content-type": "application/x-ndjson" });
    followers.add(stream);
    stream.once("close", () => followers.delete(stream));
    for (const { line } of waiting.values()) tell(stream, line);
  };

  const take: Handler = ({ stream, segments }) => {
    const entry = waiting.get(Number(segments[1]));
    if (!entry) throw invalid("the program has given this connection up");
    stream.respond({ ":status": 200 });
    entry.take(stream);
  };

  return {
    routes: { "GET /connections": follow, "POST /connections/*": take },
    open: (address, port, signal) =>
      new Promise((resolve, reject) => {
        if (waiting.size >= MAX_WAITING) return reject(new Error("too many connections wait for the host"));
        const id = ++lastId;
        const leave = () => {
          waiting.delete(id);
          clearTimeout(timer);
          signal?.removeEventListener("abort", onAbort);
        };
        const onAbort = () => {
          leave();
          reject(signal?.reason);
        };
        const timer = setTimeout(() => {
          leave();
          reject(new Error("the host did not take the connection"));
        }, WAIT_MS);
        signal?.addEventListener("abort", onAbort, { once: true });
        const line: Outgoing = { connection: { id, address, port } };
        const taken = (stream: ServerHttp2Stream) => {
          leave();
          resolve(stream);
        };
        waiting.set(id, { line, take: taken });
        for (const stream of followers) tell(stream, line);
      }),
    refused: (packet) => {
      // One that does not read is not told; what is lost here is news, not a connection.
      for (const stream of followers) if (!stream.writableNeedDrain) tell(stream, { refused: packet });
    },
  };
};
