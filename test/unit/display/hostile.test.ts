import { createHash } from "node:crypto";
import { createDeflate, deflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { RfbClient } from "../../../src/server/display/rfb-client.ts";
import { never } from "./desktop.ts";
import { connectTo, extended, init, onceAsked, rectangle, uint32, update } from "./fake-server.ts";

const VERSION = Buffer.from("RFB 003.008\n");
const PROVIDE_TEXT = 0x10000001;
const NOTIFY_TEXT = 0x08000001;
const MEMORY = 80 << 20;

const zrle = (data: Buffer, zlib: Buffer = deflateSync(data)) => Buffer.concat([uint32(zlib.length), zlib]);
const tile = (...bytes: number[]) => update(rectangle(0, 0, 10, 10, 16, zrle(Buffer.from(bytes))));

/** Connects, and looks, twice: what the second look meets is the state that the first left. */
const look = async (bytes: Buffer, signal = never): Promise<void> => {
  const client = await RfbClient.connect(await connectTo(bytes), signal);
  try {
    await client.refresh(signal);
    await client.refresh(signal);
  } finally {
    client.close();
  }
};

test.each<[string, Buffer]>([
  ["speaks something else", Buffer.from("SSH-2.0-OpenSSH_9.2\r\n")],
  ["wants a password", Buffer.concat([VERSION, Buffer.from([1, 2])])],
  ["refuses with a huge reason", Buffer.concat([VERSION, Buffer.from([0, 255, 255, 255, 255])])],
  ["is too wide", init(8193, 10)],
  ["has too many pixels", init(8192, 8192)],
  ["has no height", init(10, 0)],
  ["has a huge name", init(10, 10, 0xffffffff)],
  ["draws outside", Buffer.concat([init(10, 10), update(rectangle(5, 5, 6, 6, 0))])],
  ["uses an encoding nobody asked for", Buffer.concat([init(10, 10), update(rectangle(0, 0, 10, 10, 7))])],
  ["draws a pointer that nobody asked for", Buffer.concat([init(10, 10), update(rectangle(0, 0, 8, 8, -239))])],
  ["resizes again and again", Buffer.concat([init(10, 10), update(rectangle(0, 0, 4096, 4096, -223), rectangle(0, 0, 4095, 4096, -223))])],
  ["resizes to nothing", Buffer.concat([init(10, 10), update(rectangle(0, 0, 0, 0, -223))])],
  ["copies from outside", Buffer.concat([init(10, 10), update(rectangle(0, 0, 5, 5, 1, Buffer.from([0, 6, 0, 0])))])],
  ["sends an unknown message", Buffer.concat([init(10, 10), Buffer.from([99])])],
  ["sends a huge clipboard", Buffer.concat([init(10, 10), Buffer.from([3, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff])])],
  ["sends a huge extended clipboard", Buffer.concat([init(10, 10), Buffer.from([3, 0, 0, 0, 0x80, 0, 0, 0])])],
  ["sends a clipboard that is no zlib", Buffer.concat([init(10, 10), extended(PROVIDE_TEXT, Buffer.from("plain"))])],
  ["sends a clipboard without flags", Buffer.concat([init(10, 10), Buffer.from([3, 0, 0, 0, 0xff, 0xff, 0xff, 0xfe, 1, 2])])],
  ["sends a long fence", Buffer.concat([init(10, 10), Buffer.from([248, 0, 0, 0, 128, 0, 0, 0, 255]), Buffer.alloc(255)])],
  ["sends ZRLE of 4 GiB", Buffer.concat([init(10, 10), update(rectangle(0, 0, 10, 10, 16, Buffer.from([255, 255, 255, 255])))])],
  [
    "sends ZRLE that is no zlib",
    Buffer.concat([init(10, 10), update(rectangle(0, 0, 10, 10, 16, zrle(Buffer.alloc(0), Buffer.from("plain"))))]),
  ],
  ["sends no tile at all", Buffer.concat([init(10, 10), update(rectangle(0, 0, 10, 10, 16, uint32(0)))])],
  ["cuts a tile off", Buffer.concat([init(10, 10), tile(0, 1, 2, 3)])],
  ["sends more than its tiles", Buffer.concat([init(10, 10), tile(1, 1, 2, 3, 4)])],
  ["sends a tile of unknown kind 17", Buffer.concat([init(10, 10), tile(17)])],
  ["sends a tile of unknown kind 129", Buffer.concat([init(10, 10), tile(129)])],
  ["uses a colour that its palette lacks", Buffer.concat([init(10, 10), tile(3, ...Array(9).fill(0), ...Array(30).fill(255))])],
  ["runs over a colour that its palette lacks", Buffer.concat([init(10, 10), tile(130, 0, 0, 0, 1, 1, 1, 0x85, 99)])],
  ["sends a run that is longer than its tile", Buffer.concat([init(10, 10), tile(128, 1, 2, 3, 100)])],
  ["sends a run that never ends", Buffer.concat([init(10, 10), tile(128, 1, 2, 3, ...Array(100).fill(255))])],
])("a server that %s makes the display unavailable", async (_, bytes) => {
  const before = process.memoryUsage().arrayBuffers;
  await expect(look(bytes)).rejects.toMatchObject({ code: "display_unavailable" });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MEMORY);
});

test("a server that hangs up makes the display unavailable", async () => {
  await expect(RfbClient.connect(await connectTo(Buffer.alloc(0), { end: true }), never)).rejects.toMatchObject({
    code: "display_unavailable",
  });
  const stream = await connectTo(init(10, 10), { end: true });
  const client = await RfbClient.connect(stream, never);
  await expect(client.refresh(never)).rejects.toMatchObject({ code: "display_unavailable" });
});

test("a server that says nothing is waited for until the caller gives up", async () => {
  const abort = new AbortController();
  const connecting = RfbClient.connect(await connectTo(Buffer.alloc(0)), abort.signal);
  abort.abort(new Error("enough"));
  await expect(connecting).rejects.toThrow("enough");
});

/** 256 MiB of nothing, as zlib packs them: one part that any bound on the packed size lets through. */
const bomb = async (): Promise<Buffer> => {
  const deflate = createDeflate({ level: 9 });
  const parts: Buffer[] = [];
  deflate.on("data", (part) => parts.push(part));
  const zeros = Buffer.alloc(1 << 20);
  for (let i = 0; i < 256; i++) if (!deflate.write(zeros)) await new Promise((resolve) => deflate.once("drain", resolve));
  await new Promise<void>((resolve) => deflate.end(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  return Buffer.concat(parts);
};

test("zlib bombs are not blown up, in pixels or in the clipboard", async () => {
  const packed = await bomb();
  expect(packed.length).toBeLessThan(1 << 19);
  const before = process.memoryUsage();
  const rectangles = rectangle(0, 0, 512, 512, 16, zrle(Buffer.alloc(0), packed));
  await expect(look(Buffer.concat([init(512, 512), update(rectangles)]))).rejects.toMatchObject({ code: "display_unavailable" });
  const pixels = update(rectangle(0, 0, 2, 2, 0, Buffer.alloc(16)));
  const stream = await connectTo(onceAsked(Buffer.concat([init(2, 2), extended(PROVIDE_TEXT, packed)]), pixels));
  const client = await RfbClient.connect(stream, never);
  await client.refresh(never);
  expect(client.clipboard).toBe("");
  client.close();
  const after = process.memoryUsage();
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(MEMORY);
  expect(after.rss - before.rss).toBeLessThan(2 * MEMORY);
});

test("a server that asks for answers for ever and never reads them is hung up on", async () => {
  const fences = Buffer.concat(Array(5000).fill(Buffer.from([248, 0, 0, 0, 128, 0, 0, 0, 0])));
  const requests = Buffer.concat(Array(5000).fill(extended(NOTIFY_TEXT)));
  const stream = await connectTo((socket) => {
    socket.write(init(10, 10));
    const flood = () => {
      while (!socket.destroyed && socket.write(fences) && socket.write(requests));
    };
    socket.on("drain", flood);
    flood();
  });
  const client = await RfbClient.connect(stream, never);
  expect((await client.closed).message).toContain("does not read");
}, 30_000);

/** The same numbers at every run. */
const numbers = (seed: number) => {
  let state = createHash("sha256").update(`${seed}`).digest();
  let at = 0;
  return (below: number) => {
    if (at + 4 > state.length) {
      state = createHash("sha256").update(state).digest();
      at = 0;
    }
    at += 4;
    return state.readUInt32BE(at - 4) % below;
  };
};

test("whatever bytes come, a look ends in a picture, in display_unavailable, or with its signal", async () => {
  const before = process.memoryUsage().arrayBuffers;
  const honest = Buffer.concat([
    init(70, 20),
    Buffer.from([248, 0, 0, 0, 128, 0, 0, 3, 4, 1, 2, 3, 4]),
    extended(0x1f000001, uint32(1 << 20)),
    update(rectangle(0, 0, 70, 20, 16, zrle(Buffer.concat([Buffer.from([1, 9, 9, 9]), Buffer.from([128, 1, 2, 3, 119])])))),
    extended(PROVIDE_TEXT, deflateSync(Buffer.concat([uint32(5), Buffer.from("text\0")]))),
    update(rectangle(3, 3, 9, 9, 1, Buffer.from([0, 1, 0, 1])), rectangle(0, 0, 2, 1, 0, Buffer.alloc(8)), rectangle(0, 0, 40, 30, -223)),
    update(rectangle(0, 0, 40, 30, 16, zrle(Buffer.from([1, 7, 7, 7])))),
  ]);
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 300; seed++) {
    const pick = numbers(seed);
    const bytes = Buffer.from(honest);
    // Behind the handshake, where it gets interesting.
    for (let i = 0; i <= pick(6); i++) bytes[42 + pick(bytes.length - 42)] = pick(3) === 0 ? 255 : pick(256);
    const cut = pick(4) === 0 ? bytes.subarray(0, 42 + pick(bytes.length - 42)) : bytes;
    const noise = Buffer.from(Array.from({ length: pick(200) }, () => pick(256)));
    const signal = AbortSignal.timeout(150);
    outcomes.add(
      await look(Buffer.concat([cut, noise]), signal).then(
        () => "picture",
        (error) => (signal.aborted ? "signal" : error.code),
      ),
    );
  }
  expect([...outcomes].filter((outcome) => !["picture", "signal", "display_unavailable"].includes(outcome))).toEqual([]);
  expect(outcomes).toContain("display_unavailable");
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(6 * MEMORY);
}, 60_000);
