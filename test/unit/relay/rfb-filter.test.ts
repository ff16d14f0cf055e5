import { randomBytes, randomInt } from "node:crypto";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { RfbClientFilter, RfbViolation } from "../../../src/server/relay/rfb-filter.ts";

const HANDSHAKE = Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.from([1, 0])]);
const SHARED = Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.from([1, 1])]);

const message = (type: number, size: number, set: (m: Buffer) => void = () => {}) => {
  const bytes = randomBytes(size);
  bytes[0] = type;
  set(bytes);
  return bytes;
};
const encodings = (...list: number[]) => {
  const bytes = Buffer.alloc(4 + 4 * list.length);
  bytes[0] = 2;
  bytes.writeUInt16BE(list.length, 2);
  for (const [i, encoding] of list.entries()) bytes.writeInt32BE(encoding, 4 + 4 * i);
  return bytes;
};
const cutText = (length: number) => message(6, 8 + Math.abs(length), (m) => m.writeInt32BE(length, 4));
const fence = (n: number) => message(248, 9 + n, (m) => m.writeUInt8(n, 8));
const desktopSize = (n: number) => message(251, 8 + 16 * n, (m) => m.writeUInt8(n, 6));
const qemuKey = () => message(255, 12, (m) => m.writeUInt8(0, 1));

/** [what is sent, whether a viewer may send it] */
const SAMPLES: (() => [Buffer, boolean])[] = [
  () => [message(0, 20), true],
  () => [encodings(0, 1, 7, 16, -224, -313), true],
  () => [message(3, 10), true],
  () => [message(4, 8), false],
  () => [message(5, 6), false],
  () => [cutText(randomInt(0, 3000)), false],
  () => [cutText(-randomInt(4, 3000)), false],
  () => [message(150, 10), true],
  () => [fence(randomInt(0, 65)), true],
  () => [message(250, 4), false],
  () => [desktopSize(randomInt(0, 256)), false],
  () => [qemuKey(), false],
];

const filtered = async (viewOnly: boolean, chunks: Buffer[]): Promise<Buffer> =>
  Buffer.concat(await Readable.from(chunks).compose(new RfbClientFilter({ viewOnly })).toArray());
const split = (bytes: Buffer, size: () => number): Buffer[] => {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const step = size();
    chunks.push(bytes.subarray(at, at + step));
    at += step;
  }
  return chunks;
};

test("a viewer's acts are dropped and nothing else is, however the stream is cut", async () => {
  for (const size of [() => 1, () => randomInt(1, 30), () => randomInt(1, 5000)]) {
    const sent = Array.from({ length: 60 }, () => SAMPLES[randomInt(SAMPLES.length)]!());
    for (const sample of SAMPLES) sent.push(sample());
    const stream = Buffer.concat([HANDSHAKE, ...sent.map(([bytes]) => bytes)]);
    const viewed = Buffer.concat([SHARED, ...sent.filter(([, may]) => may).map(([bytes]) => bytes)]);
    expect((await filtered(true, split(stream, size))).equals(viewed)).toBe(true);
    const controlled = Buffer.concat([SHARED, ...sent.map(([bytes]) => bytes)]);
    expect((await filtered(false, split(stream, size))).equals(controlled)).toBe(true);
  }
});

test("encodings that change how messages are framed are not asked for", async () => {
  const out = await filtered(false, [HANDSHAKE, encodings(16, -316, -305, 0x12345678, 0xc0a1e5ce | 0)]);
  expect(out.subarray(SHARED.length)).toEqual(encodings(16, 0xc0a1e5ce | 0));
});

test.each<[string, Buffer]>([
  ["RFB 3.3", Buffer.from("RFB 003.003\n")],
  ["no RFB", Buffer.from("GET / HTTP/1.1\r\n")],
  ["another security type", Buffer.from("RFB 003.008\n\x02")],
  ["an unknown message", Buffer.concat([HANDSHAKE, Buffer.from([253, 0, 0, 0])])],
  ["QEMU audio", Buffer.concat([HANDSHAKE, Buffer.from([255, 1, 0, 0])])],
  ["too many encodings", Buffer.concat([HANDSHAKE, Buffer.from([2, 0, 255, 255])])],
  ["a huge clipboard", Buffer.concat([HANDSHAKE, Buffer.from([6, 0, 0, 0, 0x7f, 255, 255, 255])])],
  ["a huge extended clipboard", Buffer.concat([HANDSHAKE, Buffer.from([6, 0, 0, 0, 0x80, 0, 0, 0])])],
  ["a huge fence", Buffer.concat([HANDSHAKE, Buffer.from([248, 0, 0, 0, 0, 0, 0, 0, 65])])],
])("%s ends the connection in both modes", async (_, stream) => {
  for (const viewOnly of [true, false]) {
    for (const size of [1, 1000])
      await expect(
        filtered(
          viewOnly,
          split(stream, () => size),
        ),
      ).rejects.toThrow(RfbViolation);
  }
});

test("noise never brings a viewer's act through", async () => {
  for (let round = 0; round < 300; round++) {
    const out: Buffer[] = [];
    const filter = new RfbClientFilter({ viewOnly: true });
    filter.on("data", (chunk) => out.push(chunk));
    filter.on("error", () => {});
    filter.write(HANDSHAKE);
    for (let i = 0; i < 5 && !filter.destroyed; i++) {
      filter.write(Buffer.concat([SAMPLES[randomInt(SAMPLES.length)]!()[0], randomBytes(randomInt(0, 4))]));
      await new Promise(setImmediate);
    }
    // What came through is again a stream of messages a viewer may send, or the beginning of one.
    const passed = Buffer.concat(out);
    const again = await filtered(true, [HANDSHAKE, passed.subarray(SHARED.length)]);
    expect(again.equals(passed)).toBe(true);
  }
});
