import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { soon, startAgent, type TestAgent } from "./agent.ts";

let agent: TestAgent;
beforeAll(async () => {
  agent = await startAgent();
});
afterAll(() => agent.stop());

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});
const listen = async (host: string, onSocket: (socket: Socket) => void, wanted = 0): Promise<number> => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    onSocket(socket);
  });
  servers.push(server);
  server.listen(wanted, host);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
};
/** A port that no listener of another test is given by the kernel, on whichever address: it lies below those that the kernel chooses from. */
const portOfOurOwn = (): number => {
  const [lowest] = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split(/\s+/).map(Number);
  return randomInt(Math.floor(lowest! / 2), lowest!);
};
const all = async (stream: Duplex) => Buffer.concat(await stream.toArray());

test("a tunnel carries bytes both ways, and each direction ends by itself", async () => {
  const port = await listen("127.0.0.1", async (socket) => {
    // Answers only when all has come: needs the half-close.
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk);
    socket.end(Buffer.concat(chunks).reverse());
  });
  const tunnel = await agent.guest.connect(port, soon());
  const data = randomBytes(3_000_000);
  tunnel.end(data);
  expect((await all(tunnel)).equals(Buffer.from(data).reverse())).toBe(true);
});

test("the guest's end may end first", async () => {
  const ended = Promise.withResolvers<string>();
  const port = await listen("127.0.0.1", (socket) => {
    socket.end("bye");
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("end", () => ended.resolve(text));
  });
  const tunnel = await agent.guest.connect(port, soon());
  expect((await all(tunnel)).toString()).toBe("bye");
  tunnel.end("and you");
  expect(await ended.promise).toBe("and you");
});

test("a port that only listens on IPv6 is reached", async () => {
  // 127.0.0.1 is tried first, where another test's server may have been given the same number.
  const port = await listen("::1", (socket) => socket.end("six"), portOfOurOwn());
  expect((await all(await agent.guest.connect(port, soon()))).toString()).toBe("six");
});

test("a closed port is an error", async () => {
  const port = await listen("127.0.0.1", () => {});
  servers.pop()!.close();
  await expect(agent.guest.connect(port, soon())).rejects.toMatchObject({ code: "guest_unreachable", details: { port } });
});

test("when one side breaks, so does the other", async () => {
  const taken = Promise.withResolvers<Socket>();
  const port = await listen("127.0.0.1", taken.resolve);
  const first = await agent.guest.connect(port, soon());
  const socket = await taken.promise;
  socket.write("x");
  await once(first, "data");
  socket.resetAndDestroy();
  await new Promise((resolve) => first.once("close", resolve));

  const again = Promise.withResolvers<Socket>();
  const second = await agent.guest.connect(await listen("127.0.0.1", again.resolve), soon());
  const other = await again.promise;
  second.destroy();
  other.resume();
  await once(other, "end");
});

test("a tunnel that nobody reads holds its sender back, not the others", async () => {
  let sent = 0;
  const port = await listen("127.0.0.1", (socket) => {
    const push = () => {
      while (socket.writable && socket.write(Buffer.alloc(64 * 1024))) sent += 64 * 1024;
      sent += 64 * 1024;
    };
    socket.on("drain", push);
    push();
  });
  const stalled = await Promise.all(Array.from({ length: 40 }, () => agent.guest.connect(port, soon())));
  await expect.poll(() => sent, { timeout: 10_000 }).toBeGreaterThan(40 * 1024 * 1024);
  const result = await agent.guest.exec({ argv: ["echo", "here"], user: "ohm", timeout_ms: 10_000 }, soon());
  expect(result.stdout).toBe("here\n");
  // Per tunnel: a stream window, and the buffers of sockets.
  expect(sent).toBeLessThan(40 * 16 * 1024 * 1024);
  for (const tunnel of stalled) tunnel.destroy();
});

test("what Node's http writes on a tunnel arrives whole", async () => {
  const received: string[] = [];
  const port = await listen("127.0.0.1", (socket) => {
    socket.write("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
    void all(socket).then((data) => received.push(data.toString("latin1")));
  });
  const http = createHttp((_request, response) => {
    // Head and body in one: text and bytes.
    response.writeHead(200, "OK", ["Content-Length", "4", "Connection", "close"]);
    response.write(Buffer.from("body"));
    response.end();
  });
  for (let i = 0; i < 20; i++) http.emit("connection", await agent.guest.connect(port, soon()));
  await expect.poll(() => received.length, { timeout: 20_000 }).toBe(20);
  for (const answer of received) expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*\r\n\r\nbody$/);
});
