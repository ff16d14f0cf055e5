import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import type { ErrorBody } from "../../../src/contract/errors.ts";
import { HostGuest } from "./host-guest.ts";
import { type RelayServer, startRelayServer } from "./relay-server.ts";

// A machine that is busy with other things takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** A WebSocket server that plays a Chromium we can see into. */
let fake: WebSocketServer;
let guest: HostGuest;
let server: RelayServer;

beforeEach(async () => {
  fake = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(fake, "listening");
  guest = new HostGuest();
  guest.ready({ port: (fake.address() as { port: number }).port, wsPath: "/devtools/browser/abc" });
  server = await startRelayServer(guest, { waitMs: 300 });
});
afterEach(async () => {
  await server.close();
  for (const client of fake.clients) client.terminate();
  fake.close();
  for (const stream of guest.streams) expect(stream.destroyed).toBe(true);
});

const url = () => `${server.wsBase}?token=secret-token`;
const accepted = async () => {
  const [upstream, request] = await once(fake, "connection");
  return { upstream: upstream as WebSocket, request };
};
const refused = async (socket: WebSocket) => {
  socket.on("error", () => {});
  const [, response] = await once(socket, "unexpected-response");
  const body = Buffer.concat(await response.toArray()).toString();
  return { status: response.statusCode, code: JSON.parse(body).error.code, body };
};
/** A client that writes raw bytes after a proper handshake. */
const rawClient = async (): Promise<Socket> => {
  const [host, port] = server.origin.split(":");
  const socket = connect(Number(port), host);
  const lines = ["GET /c/cdp HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
  socket.write([...lines, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""].join("\r\n"));
  let head = "";
  while (!head.endsWith("\r\n\r\n")) {
    await once(socket, "readable");
    head += socket.read()?.toString("latin1") ?? "";
  }
  expect(head).toMatch(/^HTTP\/1.1 101 .*s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/s);
  return socket;
};

test("the guest sees a bare handshake: no token, no cookie, no Origin, no extensions", async () => {
  const headers = { authorization: "Bearer key", cookie: "a=b" };
  const socket = new WebSocket(url(), { headers, origin: "http://elsewhere.example", perMessageDeflate: true });
  const { request } = await accepted();
  await once(socket, "open");
  expect(request.url).toBe("/devtools/browser/abc");
  expect(request.headers.host).toBe("localhost");
  expect(Object.keys(request.headers).sort()).toEqual(["connection", "host", "sec-websocket-key", "sec-websocket-version", "upgrade"]);
  expect(server.opened()).toBe(1);
  socket.close(1000, "bye");
  const [code, reason] = await once(socket, "close");
  expect([code, reason.toString()]).toEqual([1000, "bye"]);
});

test("a text in each direction, and a message that came with the handshake", async () => {
  fake.on("connection", (upstream) => {
    upstream.send("hello");
    upstream.on("message", (data, isBinary) => upstream.send(data, { binary: isBinary }));
  });
  const socket = new WebSocket(url());
  expect(String((await once(socket, "message"))[0])).toBe("hello");
  socket.send("ping me");
  expect(String((await once(socket, "message"))[0])).toBe("ping me");
  socket.send(JSON.stringify({ id: 1, method: "Browser.setDownloadBehavior", params: { behavior: "allow", downloadPath: "/tmp/client" } }));
  expect(JSON.parse(String((await once(socket, "message"))[0])).params).toEqual({ behavior: "allow", downloadPath: "/home/ohm/Downloads" });
  socket.send(Buffer.from([1, 2, 3]));
  expect((await once(socket, "message"))[0]).toEqual(Buffer.from([1, 2, 3]));
  socket.close();
  await once(socket, "close");
});

test.each<[string, number[], number]>([
  ["an unmasked frame", [0x81, 0x01, 0x41], 1002],
  ["a reserved opcode", [0x83, 0x80, 0, 0, 0, 0], 1002],
  ["a length of 2^63", [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1009],
])("%s ends the connection with its code", async (_, bytes, code) => {
  const upstreamGone = accepted().then(({ upstream }) => once(upstream, "close"));
  const socket = await rawClient();
  socket.write(Buffer.from(bytes));
  const received = Buffer.concat(await socket.toArray());
  expect(received[0]).toBe(0x88);
  expect(received.readUInt16BE(2)).toBe(code);
  await upstreamGone;
  await expect.poll(() => server.ends[0], { timeout: 10_000 }).toMatchObject({ by: "violation" });
});

test("a computer that stops says so", async () => {
  const socket = new WebSocket(url());
  await once(socket, "open");
  server.stop();
  const [code, reason] = await once(socket, "close");
  expect([code, reason.toString()]).toEqual([1001, "the computer has stopped"]);
});

test("a Chromium that vanishes is a close, in the middle of a frame an abrupt one", async () => {
  const whole = new WebSocket(url());
  (await accepted()).upstream.terminate();
  expect((await once(whole, "close"))[0]).toBe(1001);

  const cut = new WebSocket(url());
  cut.on("error", () => {});
  const { upstream } = await accepted();
  // 9 of 10 bytes of a text.
  (upstream as unknown as { _socket: Socket })._socket.end(
    Buffer.from([0x81, 10, ..."123456789"].map((b) => (typeof b === "string" ? b.charCodeAt(0) : b))),
  );
  expect((await once(cut, "close"))[0]).toBe(1006);
});

test("a client that vanishes takes the guest's side with it", async () => {
  const socket = new WebSocket(url());
  const { upstream } = await accepted();
  if (socket.readyState !== WebSocket.OPEN) await once(socket, "open");
  socket.terminate();
  await once(upstream, "close");
});

test("a client that never reads holds the guest back instead of filling the service", async () => {
  const client = await rawClient();
  client.pause();
  const [upstream] = [...fake.clients];
  const message = Buffer.alloc(1 << 20);
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 256; i++) upstream!.send(message);
  // What is not taken stays with the sender: the buffers on the way are full when nothing more is written for a while.
  const sent = () => (upstream as unknown as { _socket: Socket })._socket.bytesWritten - upstream!.bufferedAmount;
  let last = -1;
  while (last !== sent()) {
    last = sent();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(sent()).toBeLessThan(32 << 20);
  expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
  client.destroy();
  await once(upstream!, "close");
});

test("a client is let in when the service is ready for it, and refused when that takes too long", async () => {
  await server.close();
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  server = await startRelayServer(guest, { waitMs: 300, ready });
  expect(await refused(new WebSocket(url()))).toMatchObject({ status: 503, code: "browser_unavailable" });
  expect(fake.clients.size).toBe(0);
  await server.close();
  server = await startRelayServer(guest, { ready });
  const socket = new WebSocket(url());
  resolve();
  await Promise.all([accepted(), once(socket, "open")]);
  socket.terminate();
});

test("refusals before the upgrade", async () => {
  guest.setBrowser({ status: "starting" });
  expect(await refused(new WebSocket(url()))).toMatchObject({ status: 503, code: "browser_unavailable" });
  guest.setBrowser({ status: "failed", reason: "it crashed" });
  const failed = await refused(new WebSocket(url()));
  expect(failed).toMatchObject({ status: 503, code: "browser_unavailable" });
  expect(failed.body).toContain("it crashed");
  expect(failed.body).not.toContain("secret-token");

  const plain = await fetch(server.base.replace("/cdp", "/cdp/json/version"));
  expect(plain.status).toBe(503);
});

test("a hostile endpoint path from the guest is not asked for", async () => {
  for (const ws_path of ["/devtools/browser/../../x", "http://elsewhere.example/", "/devtools/browser/a b", "/devtools/browser/"]) {
    guest.setBrowser({ status: "ready", ws_path });
    expect(await refused(new WebSocket(url()))).toMatchObject({ status: 503 });
  }
});

test.each([
  ["garbage", "\x00\x01\x02 not http\r\n\r\n"],
  ["an endless head", `HTTP/1.1 101 X\r\nx: ${"y".repeat(1 << 20)}`],
  ["a hang-up", ""],
])("a guest that answers with %s is unavailable", async (_, answer) => {
  const hostile: Server = createServer((socket) => socket.on("error", () => {}).end(answer));
  await once(hostile.listen(0, "127.0.0.1"), "listening");
  guest.ready({ port: (hostile.address() as { port: number }).port, wsPath: "/devtools/browser/evil" });
  expect(await refused(new WebSocket(url()))).toMatchObject({ status: 503, code: "browser_unavailable" });
  hostile.close();
});

test("a JSON answer that never ends is cut off", async () => {
  const hostile = createServer((socket) => {
    socket.on("error", () => {});
    socket.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n");
    const more = () => {
      while (socket.write(Buffer.alloc(65536, 32)));
    };
    socket.on("drain", more);
    more();
  });
  await once(hostile.listen(0, "127.0.0.1"), "listening");
  guest.ready({ port: (hostile.address() as { port: number }).port, wsPath: "/devtools/browser/evil" });
  const answer = await fetch(`${server.base}/json/list`);
  expect([answer.status, ((await answer.json()) as ErrorBody).error.code]).toEqual([503, "browser_unavailable"]);
  hostile.close();
});
