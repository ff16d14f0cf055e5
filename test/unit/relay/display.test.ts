import { once } from "node:events";
import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { createWebSocketStream, WebSocket } from "ws";
import { RfbClient } from "../../../src/server/display/rfb-client.ts";
import { startFakeVnc } from "../display/fake-vnc.ts";
import { startXvnc, type TestXvnc } from "../display/xvnc.ts";
import { HostGuest } from "./host-guest.ts";
import { type RelayServer, startRelayServer } from "./relay-server.ts";

// A machine that is busy with other things takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let xvnc: TestXvnc;
const guest = new HostGuest();
const servers: RelayServer[] = [];

beforeAll(async () => {
  xvnc = await startXvnc({ width: 320, height: 240 });
});
afterAll(() => xvnc.kill());
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const relay = async (options: { viewOnly: boolean }, port = xvnc.port) => {
  guest.ports.set(5900, port);
  const server = await startRelayServer(guest, options);
  servers.push(server);
  return server;
};
const open = async (server: RelayServer, protocols: string[] = []) => {
  const ws = new WebSocket(`ws://${server.origin}/c/display?token=t`, protocols);
  const stream = createWebSocketStream(ws);
  stream.on("error", () => {});
  return { ws, stream };
};
const never = new AbortController().signal;
const pixels = async (client: RfbClient): Promise<Buffer> => {
  await client.refresh(never);
  return Buffer.from(client.framebuffer.pixels);
};
const pointerTo = (x: number, y: number, buttons = 0) => Buffer.from([5, buttons, x >> 8, x & 255, y >> 8, y & 255]);
const key = (sym: number, down: number) => Buffer.from([4, down, 0, 0, 0, 0, sym >> 8, sym & 255]);

test("a viewer sees the screen and cannot move the pointer; a controller can", async () => {
  const viewer = await open(await relay({ viewOnly: true }));
  const watching = await RfbClient.connect(viewer.stream, never);
  const before = await pixels(watching);
  for (let i = 0; i < 20; i++) viewer.stream.write(pointerTo(10 + i, 10, i % 2));
  expect((await pixels(watching)).equals(before)).toBe(true);

  const controller = await open(await relay({ viewOnly: false }), ["binary"]);
  const controlling = await RfbClient.connect(controller.stream, never);
  expect(controller.ws.protocol).toBe("binary");
  controller.stream.write(pointerTo(10, 10));
  // Both see the same screen, with the pointer where the controller put it.
  await expect.poll(async () => (await pixels(controlling)).equals(before), { timeout: 10_000 }).toBe(false);
  expect((await pixels(watching)).equals(before)).toBe(false);
  viewer.ws.close();
  controller.ws.close();
});

test("of keys, pointer, clipboard and sizes typed by hand, a viewer's never reach the server", async () => {
  const vnc = await startFakeVnc();
  const { ws } = await open(await relay({ viewOnly: true }, vnc.port));
  await once(ws, "open");
  const update = Buffer.from([3, 0, 0, 0, 0, 0, 0, 16, 0, 16]);
  const clipboard = Buffer.concat([Buffer.from([6, 0, 0, 0, 0, 0, 0, 5]), Buffer.from("hello")]);
  const size = Buffer.concat([Buffer.from([251, 0, 0, 9, 0, 9, 1, 0]), Buffer.alloc(16)]);
  const qemu = Buffer.from([255, 0, 0, 1, 0, 0, 0, 65, 0, 0, 0, 30]);
  const hand = Buffer.concat([
    Buffer.from("RFB 003.008\n\x01\x00"),
    key(65, 1),
    key(65, 0),
    pointerTo(3, 3, 1),
    clipboard,
    size,
    qemu,
    Buffer.from([250, 0, 1, 2]),
    update,
  ]);
  for (const byte of hand) ws.send(Buffer.from([byte]));
  const expected = Buffer.concat([Buffer.from("RFB 003.008\n\x01\x01"), update]);
  await expect.poll(() => vnc.bytes().toString("hex"), { timeout: 10_000 }).toBe(expected.toString("hex"));

  ws.send(Buffer.from([77]));
  expect((await once(ws, "close"))[0]).toBe(1008);
  expect(vnc.bytes().equals(expected)).toBe(true);
  await expect.poll(() => vnc.sockets.every((socket) => socket.destroyed), { timeout: 10_000 }).toBe(true);
  vnc.close();
});

test("a text message, an oversized message and a stopped computer end the connection", async () => {
  const vnc = await startFakeVnc();
  const server = await relay({ viewOnly: false }, vnc.port);
  const close = async (act: (ws: WebSocket) => void) => {
    const { ws } = await open(server);
    await once(ws, "open");
    act(ws);
    return (await once(ws, "close"))[0];
  };
  expect(await close((ws) => ws.send("hello"))).toBe(1008);
  expect(await close((ws) => ws.send(Buffer.alloc(2 << 20)))).toBe(1009);
  expect(await close(() => server.stop())).toBe(1001);
  expect(await close(() => vnc.sockets.at(-1)!.destroy())).toBe(1001);
  await expect.poll(() => server.ends.length, { timeout: 10_000 }).toBe(4);
  expect(vnc.sockets.every((socket) => socket.destroyed || socket.readableEnded)).toBe(true);
  vnc.close();
});

test("a viewer that never reads holds the display back instead of filling the service", async () => {
  const flood = createServer((socket) => {
    socket.on("error", () => {});
    const more = () => {
      while (socket.write(Buffer.alloc(1 << 16)));
    };
    socket.on("drain", more);
    more();
    sent = () => socket.bytesWritten - socket.writableLength;
  });
  let sent = () => 0;
  await once(flood.listen(0, "127.0.0.1"), "listening");
  const { ws } = await open(await relay({ viewOnly: true }, (flood.address() as { port: number }).port));
  await once(ws, "open");
  ws.pause();
  let last = -1;
  while (last !== sent()) {
    last = sent();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(last).toBeLessThan(32 << 20);
  ws.terminate();
  flood.close();
});

test("a display that cannot be reached is 503 before the upgrade", async () => {
  const server = await relay({ viewOnly: true }, 1);
  const ws = new WebSocket(`ws://${server.origin}/c/display`);
  ws.on("error", () => {});
  const [, response] = await once(ws, "unexpected-response");
  const body = JSON.parse(Buffer.concat(await response.toArray()).toString());
  expect([response.statusCode, body.error.code]).toEqual([503, "display_unavailable"]);
  const plain = await new Promise<number>((resolve) => {
    const bad = new WebSocket(`ws://${server.origin}/c/display`, { protocolVersion: 8 });
    bad.on("error", () => {});
    bad.on("unexpected-response", (_, answer) => resolve(answer.statusCode!));
  });
  expect(plain).toBe(400);
});
