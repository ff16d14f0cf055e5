import type { ServerHttp2Stream } from "node:http2";
import { createServer, type Server, type Socket } from "node:net";
import type { Handler } from "./call.ts";
import { log } from "./log.ts";
import { join } from "./tunnels.ts";

/** Connections that wait for the host, and how long each does. */
const MAX_QUEUED = 64;
const QUEUE_MS = 10_000;

export interface HostPorts {
  /** POST /accept: the stream waits for the next connection. */
  accept: Handler;
  /** Listens on these ports, and no others. Rejects with the last failure when some cannot be had; the rest are. */
  listen(ports: number[]): Promise<void>;
}

/** Ports of the host as the guest's programs see them: listeners on the host alias whose connections the host takes over. */
export const hostPorts = (address: string): HostPorts => {
  const servers = new Map<number, Server>();
  const waiting: ServerHttp2Stream[] = [];
  const queued: { port: number; socket: Socket }[] = [];

  const handOver = (stream: ServerHttp2Stream, port: number, socket: Socket) => {
    stream.respond({ ":status": 200, "x-port": String(port) });
    join(stream, socket);
  };

  const onConnection = (port: number, socket: Socket) => {
    let stream = waiting.shift();
    while (stream?.closed) stream = waiting.shift();
    if (stream) return handOver(stream, port, socket);
    if (queued.length >= MAX_QUEUED) return void socket.destroy();
    const entry = { port, socket };
    queued.push(entry);
    const leave = () => {
      const index = queued.indexOf(entry);
      if (index >= 0) queued.splice(index, 1);
    };
    const timer = setTimeout(() => {
      if (queued.includes(entry)) socket.destroy();
    }, QUEUE_MS);
    socket.on("error", () => {});
    socket.once("close", () => {
      clearTimeout(timer);
      leave();
    });
  };

  const open = async (port: number): Promise<void> => {
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => onConnection(port, socket));
    servers.set(port, server);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", (error) => {
      servers.delete(port);
      reject(error);
    });
    server.listen({ host: address, port }, resolve);
    await promise;
    server.on("error", (error) => log(`host port ${port}`, error));
  };

  return {
    accept: ({ stream }) => {
      const next = queued.shift();
      if (next) return handOver(stream, next.port, next.socket);
      waiting.push(stream);
      stream.once("close", () => {
        const index = waiting.indexOf(stream);
        if (index >= 0) waiting.splice(index, 1);
      });
    },
    listen: async (ports) => {
      for (const [port, server] of servers) {
        if (ports.includes(port)) continue;
        servers.delete(port);
        server.close();
      }
      const opened = await Promise.allSettled(ports.filter((port) => !servers.has(port)).map(open));
      for (const result of opened) if (result.status === "rejected") throw result.reason;
    },
  };
};
