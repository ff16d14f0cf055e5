import { connect, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Call } from "./call.ts";
import { Fault, invalid } from "./fault.ts";

/** Breaks a stream off so that its other end sees it broken, and not ended. */
const breakOff = (stream: Duplex): void => {
  if (stream instanceof Socket) stream.resetAndDestroy();
  else stream.destroy(new Error("the other side broke off"));
};

/** Joins two byte streams both ways. Each direction ends by itself; when one side breaks, so does the other. */
export const join = (a: Duplex, b: Duplex): void => {
  const bind = (from: Duplex, to: Duplex) => {
    from.pipe(to);
    from.on("error", () => {});
    from.on("close", () => {
      if (!from.readableEnded || !from.writableFinished) breakOff(to);
    });
  };
  bind(a, b);
  bind(b, a);
};

const dial = (host: string, port: number): Promise<Socket> => {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
  socket.once("error", reject);
  socket.once("connect", () => {
    socket.off("error", reject);
    resolve(socket);
  });
  return promise;
};

/** CONNECT 127.0.0.1:PORT: a tunnel to a port of the guest's loopback, over IPv4 or else IPv6. */
export const tunnel = async ({ stream, headers }: Call): Promise<void> => {
  const match = /^(?:127\.0\.0\.1|localhost):(\d{1,5})$/.exec(String(headers[":authority"]));
  const port = Number(match?.[1]);
  if (!match || port < 1 || port > 65535) throw invalid("tunnels lead to 127.0.0.1:PORT");
  const socket = await dial("127.0.0.1", port)
    .catch(() => dial("::1", port))
    .catch(() => {
      throw new Fault("guest_unreachable", { reason: `nothing listens on port ${port} in the computer`, port });
    });
  if (stream.destroyed || stream.closed) {
    socket.destroy();
    return;
  }
  stream.respond({ ":status": 200 });
  join(stream, socket);
};
