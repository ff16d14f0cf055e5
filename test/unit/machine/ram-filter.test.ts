import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { expect, test } from "vitest";
import { type BaseMemory, RamFilter, UnknownStream, zeroMemory } from "../../../src/server/machine/qemu/ram-filter.ts";

const PAGE = 4096;
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};
const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
const page = (fill: number): Buffer => Buffer.alloc(PAGE, fill);

const HEADER = Buffer.concat([u32(0x5145564d), u32(3), Buffer.from([7]), u32(7), Buffer.from("microvm")]);
const FOOTER = Buffer.concat([Buffer.from([0x7e]), u32(2)]);
const EOS = u64(0x10);
const SETUP = Buffer.concat([
  Buffer.from([1]),
  u32(2),
  text("ram"),
  u32(0),
  u32(4),
  u64((8 + 1) * PAGE + 0x04),
  ...[text("mem"), u64(8 * PAGE), text("rom"), u64(PAGE)],
  EOS,
  FOOTER,
]);
const section = (type: 2 | 3, ...pages: Buffer[]): Buffer => Buffer.concat([Buffer.from([type]), u32(2), ...pages, EOS, FOOTER]);
/** A page in its block, or in that of the one before. */
const named = (block: string, index: number, fill: number) => Buffer.concat([u64(index * PAGE + 0x08), text(block), page(fill)]);
const next = (index: number, fill: number) => Buffer.concat([u64(index * PAGE + 0x28), page(fill)]);
const zero = (index: number) => Buffer.concat([u64(index * PAGE + 0x22), Buffer.from([0])]);
const namedZero = (block: string, index: number) => Buffer.concat([u64(index * PAGE + 0x02), text(block), Buffer.from([0])]);
const DEVICES = Buffer.concat([Buffer.from([4]), u32(9), text("timer"), Buffer.from("whatever follows, ~\x02\x03 too")]);

/** Page n is filled with n; page 0 with zeros. */
const BASE: BaseMemory = { size: 8 * PAGE, isAt: (offset, data, from) => data.subarray(from, from + PAGE).equals(page(offset / PAGE)) };
const chunks = (data: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(data.length / size) }, (_, i) => data.subarray(i * size, (i + 1) * size));
const filter = async (data: Buffer, base: BaseMemory, size: number): Promise<Buffer> => {
  const through = new RamFilter(base);
  const [, out] = await Promise.all([pipeline(Readable.from(chunks(data, size)), through), buffer(through)]);
  return out;
};

const whole = Buffer.concat([
  HEADER,
  SETUP,
  section(2, named("mem", 1, 1), next(2, 9), next(3, 3), zero(0), zero(4)),
  section(2, next(5, 5), named("rom", 0, 7), named("mem", 6, 8)),
  section(3, next(7, 7), next(1, 2)),
  DEVICES,
]);
const changed = Buffer.concat([
  HEADER,
  SETUP,
  // Page 2 is not as before; page 4 has become zero; the block's name goes with the first that is kept.
  section(2, named("mem", 2, 9), zero(4)),
  // Other blocks are kept whole, and a page after one of them names its own again.
  section(2, named("rom", 0, 7), named("mem", 6, 8)),
  section(3, next(1, 2)),
  DEVICES,
]);

test.each([1, 7, 4096, 100_000])("only the pages that changed pass, wherever the stream is cut (%i bytes)", async (size) => {
  expect((await filter(whole, BASE, size)).equals(changed)).toBe(true);
});

test("fresh memory has a base of zeros", async () => {
  const data = Buffer.concat([HEADER, SETUP, section(3, namedZero("mem", 0), zero(1), next(2, 0), next(3, 1)), DEVICES]);
  const kept = Buffer.concat([HEADER, SETUP, section(3, named("mem", 3, 1)), DEVICES]);
  expect((await filter(data, zeroMemory(8 * PAGE), 1000)).equals(kept)).toBe(true);
});

test.each([
  ["another version", Buffer.concat([u32(0x5145564d), u32(4)])],
  ["something else", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
  ["a compressed page", Buffer.concat([HEADER, SETUP, Buffer.from([2]), u32(2), u64(0x108)])],
  ["an end before the devices", Buffer.concat([HEADER, SETUP])],
  ["another section among the memory", Buffer.concat([HEADER, Buffer.from([1]), u32(3), text("dirty-bitmap"), u32(0), u32(4)])],
])("%s is not taken for a state", async (_, data) => {
  await expect(filter(data, BASE, 64)).rejects.toThrow(UnknownStream);
});
