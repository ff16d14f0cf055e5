import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** What a VNC server says until a client may speak: version, no password, a screen of this size. */
const HELLO = Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.from([1, 1, 0, 0, 0, 0])]);
export const init = (width: number, height: number, name = 0): Buffer => {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt16BE(width, 0);
  bytes.writeUInt16BE(height, 2);
  bytes.writeUInt32BE(name, 20);
  return Buffer.concat([HELLO, bytes]);
};

export const rectangle = (
  x: number,
  y: number,
  width: number,
  height: number,
  encoding: number,
  body: Buffer = Buffer.alloc(0),
): Buffer => {
  const head = Buffer.alloc(12);
  for (const [i, value] of [x, y, width, height].entries()) head.writeUInt16BE(value, 2 * i);
  head.writeInt32BE(encoding, 8);
  return Buffer.concat([head, body]);
};
export const update = (...rectangles: Buffer[]): Buffer =>
  Buffer.concat([Buffer.from([0, 0, rectangles.length >> 8, rectangles.length & 255]), ...rectangles]);

export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
/** A clipboard message of the extended form. */
export const extended = (flags: number, body: Buffer = Buffer.alloc(0)): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(-(4 + body.length));
  return Buffer.concat([Buffer.from([3, 0, 0, 0]), length, uint32(flags), body]);
};

/** A server that says these bytes to whoever connects, whatever they say; answers a stream to it. */
export const connectTo = async (bytes: Buffer | ((socket: Socket) => void), { end = false } = {}): Promise<Socket> => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
    if (typeof bytes === "function") bytes(socket);
    else if (end) socket.end(bytes);
    else socket.write(bytes);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  const stream = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", noDelay: true });
  onTestFinished(() => void stream.destroy());
  await once(stream, "connect");
  return stream;
};

const CLIENT_HELLO = 12 + 1 + 1;
const SET_UP = 20 + 4 + 4 * 8;

/** A server that says the first bytes at once, and the others when it is asked for pixels, again and again. */
export const onceAsked = (first: Buffer, then: Buffer) => (socket: Socket) => {
  let heard = 0;
  socket.write(first);
  socket.on("data", (chunk) => {
    heard += chunk.length;
    if (heard > CLIENT_HELLO + SET_UP) socket.write(then);
  });
};
