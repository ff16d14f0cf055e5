import { once } from "node:events";
import { createServer as createHttp2, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach } from "vitest";
import { PROTOCOL_VERSION } from "../../../src/contract/guest/protocol.ts";
import type { Guest } from "../../../src/server/guest/guest.ts";
import { openGuest } from "../../../src/server/guest/open.ts";

/** A guest whose agent has been replaced by something that means harm. */

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});
/** The host end of a link to such a server; it ends with the test. */
export const linkTo = async (server: Server | Http2Server): Promise<Guest> => {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    socket.on("error", () => {});
    sockets.add(socket);
  });
  (server as Server).listen(0, "127.0.0.1");
  await once(server, "listening");
  const guest = openGuest({ link: { host: "127.0.0.1", port: (server.address() as AddressInfo).port }, secret: "s".repeat(32) });
  closers.push(() => {
    guest.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return guest;
};
/** Bytes that this process still holds once what nobody needs is collected. */
export const keptMemory = (): number => {
  setFlagsFromString("--expose_gc");
  (runInNewContext("gc") as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
export const HEALTH = JSON.stringify({ protocol: PROTOCOL_VERSION, boot_id: "b", agent_pid: 1, uptime_s: 1 });
/** Answers /health as it should, and the rest with `answer`. */
export const agentThat = (answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void, health = HEALTH): Promise<Guest> => {
  const server = createHttp2();
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    if (headers[":path"] !== "/health") return answer(stream, headers);
    stream.respond({ ":status": 200 });
    stream.end(health);
  });
  server.on("sessionError", () => {});
  return linkTo(server);
};
/** Answers so whatever it is asked. */
export const reply = (body: string | Buffer, status = 200, headers = {}) =>
  agentThat((stream) => {
    stream.respond({ ":status": status, ...headers });
    stream.end(body);
  });
