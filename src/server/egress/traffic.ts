import type { Socket } from "node:net";
import type { Network } from "../../contract/network.ts";

type Count = Network["traffic"][number];
const MAX_NAMES = 500;
const OTHER = "(other)";

/** How many bytes went where. */
export class Traffic {
  readonly #counts = new Map<string, Count>();
  readonly #open = new Map<Socket, { count: Count; sent: number; received: number }>();

  /** Counts all that goes over a socket, from its first byte until it closes. */
  count(name: string, socket: Socket): void {
    const key = this.#counts.has(name) || this.#counts.size < MAX_NAMES ? name : OTHER;
    const count = this.#counts.get(key) ?? { name: key, connections: 0, sent_bytes: 0, received_bytes: 0 };
    this.#counts.set(key, count);
    count.connections++;
    this.#open.set(socket, { count, sent: 0, received: 0 });
    socket.once("close", () => {
      this.#take(socket);
      this.#open.delete(socket);
    });
  }

  #take(socket: Socket): void {
    const entry = this.#open.get(socket);
    if (!entry) return;
    entry.count.sent_bytes += socket.bytesWritten - entry.sent;
    entry.count.received_bytes += socket.bytesRead - entry.received;
    entry.sent = socket.bytesWritten;
    entry.received = socket.bytesRead;
  }

  /** The most used first. */
  list(): Count[] {
    for (const socket of this.#open.keys()) this.#take(socket);
    const used = ({ sent_bytes, received_bytes }: Count) => sent_bytes + received_bytes;
    return [...this.#counts.values()].map((count) => ({ ...count })).sort((a, b) => used(b) - used(a));
  }
}
