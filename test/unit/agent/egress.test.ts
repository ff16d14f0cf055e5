import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { truncated } from "../../../guest-image/agent/egress/dns.ts";
import type { RefusedPacket } from "../../../src/contract/guest/protocol.ts";
import type { Target } from "../../../src/server/guest/guest.ts";
import { startAgent, type TestAgent } from "../guest/agent.ts";

/** Stands in for the addresses of the world: the agent listens there, and a connection's own address is what was asked for. */
const OUTSIDE = "127.0.0.2";
const dir = mkdtempSync(join(tmpdir(), "vitrine-egress-"));
const fifo = join(dir, "kernel.log");
let agent: TestAgent;
let tcpPort: number;
let dnsPort: number;
let outside: { accept(target: Target, stream: Duplex): void; refused(packet: RefusedPacket): void };
const sockets: Socket[] = [];

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, OUTSIDE);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};

beforeAll(async () => {
  execFileSync("mkfifo", [fifo]);
  const dmesg = join(dir, "dmesg");
  writeFileSync(dmesg, `#!/bin/sh\nexec cat ${fifo}\n`);
  chmodSync(dmesg, 0o755);
  [tcpPort, dnsPort] = [await freePort(), await freePort()];
  const places = { tcp: [{ host: OUTSIDE, port: tcpPort }], dns: { addresses: [OUTSIDE], port: dnsPort }, dmesg };
  agent = await startAgent({ env: { VITRINE_AGENT_EGRESS_TEST: JSON.stringify(places) } });
  agent.guest.serveConnections({ accept: (...args) => outside.accept(...args), refused: (packet) => outside.refused(packet) });
});
afterAll(async () => {
  await agent.stop();
  rmSync(dir, { recursive: true });
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

const dial = (): Socket => {
  const socket = connect({ host: OUTSIDE, port: tcpPort, allowHalfOpen: true });
  sockets.push(socket);
  return socket;
};
const all = async (stream: Duplex): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

test("the host takes a connection over under the address that the program asked for, each direction ending by itself", async () => {
  outside = {
    accept: ({ address, port }, stream) => void all(stream).then((said) => stream.end(`${address}:${port} ${said}`)),
    refused: () => {},
  };
  const ask = async (text: string) => {
    const socket = dial();
    socket.end(text);
    return all(socket);
  };
  expect(await ask("hello")).toBe(`${OUTSIDE}:${tcpPort} hello`);
  const many = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(String(i))));
  expect(many).toEqual(many.map((_, i) => `${OUTSIDE}:${tcpPort} ${i}`));
});

test("a connection that the host refuses is reset, and one that the program breaks off is reset for the host", async () => {
  outside = { accept: (_, stream) => stream.destroy(new Error("refused")), refused: () => {} };
  const refused = dial();
  const [error] = (await once(refused, "error")) as [NodeJS.ErrnoException];
  expect(error.code).toBe("ECONNRESET");

  const taken = Promise.withResolvers<Duplex>();
  outside.accept = (_, stream) => taken.resolve(stream);
  const broken = dial();
  const stream = await taken.promise;
  const failed = once(stream, "error");
  broken.resetAndDestroy();
  await expect(failed).resolves.toBeDefined();
});

/** A question for a name, type A. */
const question = (id: number, name: string, additional = 0): Buffer => {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(0x0100, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(additional, 10);
  const labels = name.split(".").flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  return Buffer.concat([head, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
};

test("questions over UDP reach the host as DNS over TCP on one stream, and each gets its own answer", async () => {
  let streams = 0;
  outside = {
    accept: (target, stream) => {
      expect(target).toEqual({ address: "198.18.0.1", port: 53 });
      streams++;
      let data = Buffer.alloc(0);
      const messages: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => {
        data = Buffer.concat([data, chunk]);
        while (data.length >= 2 && data.length >= 2 + data.readUInt16BE(0)) {
          messages.push(Buffer.from(data.subarray(2, 2 + data.readUInt16BE(0))));
          data = data.subarray(2 + data.readUInt16BE(0));
        }
        // Answered in the reverse order, each with its question as its answer.
        if (messages.length < 3) return;
        for (const message of messages.splice(0).reverse()) {
          const framed = Buffer.alloc(2 + message.length);
          framed.writeUInt16BE(message.length, 0);
          message.copy(framed, 2);
          stream.write(framed);
        }
      });
    },
    refused: () => {},
  };
  // Two programs that use the same id.
  const asked = ["a.example", "b.example", "c.example"].map(async (name) => {
    const socket = createSocket("udp4");
    socket.send(question(7, name), dnsPort, OUTSIDE);
    const [answer] = (await once(socket, "message")) as [Buffer];
    socket.close();
    return answer;
  });
  expect(await Promise.all(asked)).toEqual(["a.example", "b.example", "c.example"].map((name) => question(7, name)));
  expect(streams).toBe(1);
});

test("an answer too long for a datagram says so, with its question and nothing else", () => {
  const asked = question(9, "long.example", 1);
  const answer = truncated(Buffer.concat([asked, Buffer.alloc(11, 0xff)]));
  expect(answer.readUInt16BE(0)).toBe(9);
  expect(answer.readUInt16BE(2) & 0x8200).toBe(0x8200);
  expect(answer.readUInt16BE(2) & 0x0100).toBe(0x0100);
  expect([4, 6, 8, 10].map((at) => answer.readUInt16BE(at))).toEqual([1, 0, 0, 0]);
  expect(answer.subarray(12)).toEqual(asked.subarray(12));
});

test("packets that the kernel refused are told", async () => {
  const told: RefusedPacket[] = [];
  outside = { accept: (_, stream) => stream.destroy(new Error("refused")), refused: (packet) => void told.push(packet) };
  writeFileSync(
    fifo,
    [
      "[  559.898157] something else",
      "[  559.898157] vitrine-refused: IN= OUT=eth0 SRC=10.0.2.15 DST=8.8.8.8 LEN=33 TOS=0x00 PROTO=UDP SPT=38091 DPT=443 LEN=13 ",
      "[  563.074379] vitrine-refused: IN= OUT=eth0 SRC=10.0.2.15 DST=8.8.4.4 LEN=84 TTL=64 PROTO=ICMP TYPE=8 CODE=0 ID=515 SEQ=1 ",
      "[  533.257114] vitrine-refused: IN= OUT=eth0 SRC=fd76::15 DST=2606:4700:0000:0000:0000:0000:0000:0001 LEN=104 PROTO=ICMPv6 TYPE=128 ",
      "",
    ].join("\n"),
  );
  await expect.poll(() => told.length).toBe(3);
  expect(told).toEqual([
    { protocol: "udp", address: "8.8.8.8", port: 443 },
    { protocol: "icmp", address: "8.8.4.4", port: null },
    { protocol: "icmpv6", address: "2606:4700:0000:0000:0000:0000:0000:0001", port: null },
  ]);
});
