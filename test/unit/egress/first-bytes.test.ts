import { once } from "node:events";
import { duplexPair, PassThrough } from "node:stream";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { helloName } from "../../../src/server/egress/client-hello.ts";
import { hear, saidBy } from "../../../src/server/egress/first-bytes.ts";

/** What Node's own TLS says first. */
const hello = async (servername?: string): Promise<Buffer> => {
  const [client, server] = duplexPair();
  const socket = connect({ socket: client, ...(servername && { servername }) }).on("error", () => {});
  const [bytes] = (await once(server, "data")) as [Buffer];
  socket.destroy();
  return bytes;
};
/** The same handshake in records of `size` bytes. */
const fragmented = (bytes: Buffer, size: number): Buffer => {
  const parts: Buffer[] = [];
  for (let at = 5; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size);
    parts.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  return Buffer.concat(parts);
};

test("the name of a ClientHello is read, in one record or in many, and not before it is there", async () => {
  const bytes = await hello("Www.Example.test");
  for (const whole of [bytes, fragmented(bytes, 100), fragmented(bytes, 3)]) {
    expect(helloName(whole)).toEqual({ name: "www.example.test" });
    for (let length = 0; length < whole.length; length++) expect(helloName(whole.subarray(0, length)), `${length} bytes`).toBe("more");
  }
  expect(helloName(await hello())).toEqual({ name: null });
});

test("two SNI extensions, two names in one, and a name that is none name nothing", async () => {
  const bytes = await hello("a.test");
  const at = bytes.indexOf("a.test") - 9;
  const extension = bytes.subarray(at, at + 15);
  const lengths = bytes.indexOf(Buffer.from([0]), 0);
  expect(lengths).toBeGreaterThan(0);
  const sessionEnd = 5 + 4 + 34 + 1 + bytes[5 + 4 + 34]!;
  const ciphersEnd = sessionEnd + 2 + bytes.readUInt16BE(sessionEnd);
  const extensionsAt = ciphersEnd + 1 + bytes[ciphersEnd]!;
  const rebuilt = (extensions: Buffer): Buffer => {
    const size = Buffer.alloc(2);
    size.writeUInt16BE(extensions.length);
    const body = Buffer.concat([bytes.subarray(9, extensionsAt), size, extensions]);
    return Buffer.concat([
      Buffer.from([22, 3, 1, (body.length + 4) >> 8, (body.length + 4) & 255, 1, 0, body.length >> 8, body.length & 255]),
      body,
    ]);
  };
  const others = bytes.subarray(extensionsAt + 2);
  expect(helloName(rebuilt(others))).toEqual({ name: "a.test" });
  expect(helloName(rebuilt(Buffer.concat([extension, others])))).toEqual({ name: null });
  const entry = Buffer.concat([Buffer.from([0, 0, 6]), Buffer.from("b.test")]);
  const two = Buffer.concat([Buffer.from([0, 0, 0, 20, 0, 18]), entry, entry]);
  expect(helloName(rebuilt(two))).toEqual({ name: null });
  expect(helloName(rebuilt(Buffer.concat([Buffer.from([0, 0, 0, 14, 0, 12, 0, 0, 9]), Buffer.from("127.0.0.1")])))).toEqual({ name: null });
});

test("changed and cut bytes never throw, and never take long", async () => {
  const bytes = await hello("www.example.test");
  let seed = 1;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed % below;
  };
  for (let i = 0; i < 20_000; i++) {
    const changed = Buffer.from(bytes.subarray(0, random(bytes.length + 1)));
    for (let n = random(4); n >= 0 && changed.length > 0; n--) changed[random(changed.length)] = random(256);
    const said = saidBy(changed);
    if (said !== "more") expect(typeof said.protocol).toBe("string");
  }
  expect(helloName(fragmented(Buffer.concat([bytes.subarray(0, 6), Buffer.from([0, 255, 255]), Buffer.alloc(40_000)]), 1))).toEqual({
    name: null,
  });
});

test.each([
  ["GET / HTTP/1.1\r\nHost: A.test:8080\r\n\r\n", { protocol: "http", name: "a.test" }],
  ["POST /x HTTP/1.0\nhost:a.test\n\n", { protocol: "http", name: "a.test" }],
  ["GET / HTTP/1.1\r\nHost: a.test\r\nHOST: b.test\r\n\r\n", { protocol: "http", name: null }],
  ["GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", { protocol: "http", name: null }],
  ["GET / HTTP/1.1\r\nX: Host: b.test\r\n\r\n", { protocol: "http", name: null }],
  [`GET / HTTP/1.1\r\nX: ${"x".repeat(17_000)}`, { protocol: "http", name: null }],
  ["GET / HTTP/1.1\r\nHost: a.te", "more"],
  ["G", "more"],
  ["PRI * HTTP/2.0\r\n", { protocol: "h2c", name: null }],
  ["PRI * HT", "more"],
  ["EHLO me\r\n", { protocol: "other", name: null }],
  ["SSH-2.0-x\r\n", { protocol: "other", name: null }],
  ["\x16\x02", { protocol: "other", name: null }],
  ["\x16", "more"],
  ["", "more"],
])("%j says %j", (bytes, said) => expect(saidBy(Buffer.from(bytes, "latin1"))).toEqual(said));

test("what is heard is put back, however it comes", async () => {
  const bytes = Buffer.concat([await hello("a.test"), Buffer.from("after")]);
  for (const size of [1, 7, bytes.length]) {
    const stream = new PassThrough();
    const heard = hear(stream, AbortSignal.timeout(5000));
    for (let at = 0; at < bytes.length; at += size) {
      stream.write(bytes.subarray(at, at + size));
      if (at % 70 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    stream.end();
    expect(await heard).toEqual({ said: { protocol: "tls", name: "a.test" }, held: Buffer.alloc(0) });
    expect(Buffer.concat(await stream.toArray())).toEqual(bytes);
  }
});

test("a stream that ends before it says anything gives what it said", async () => {
  const stream = new PassThrough();
  stream.end("GE");
  expect(await hear(stream, AbortSignal.timeout(5000))).toEqual({ said: { protocol: "other", name: null }, held: Buffer.from("GE") });
});
