import { expect, test } from "vitest";
import { encodeFrame, type FramePiece, FrameScanner, OPCODE, WsViolation } from "../../../src/server/relay/ws-frames.ts";

const MASK = Buffer.from([1, 2, 3, 4]);
const client = (maxMessage = 1 << 28) => new FrameScanner({ masked: true, maxMessage });

const codeOf = (bytes: Buffer, scanner = client()): number | null => {
  try {
    for (const _ of scanner.scan(bytes));
    return null;
  } catch (error) {
    return error instanceof WsViolation ? error.code : -1;
  }
};
/** Header of a masked frame whose length field is given as it is. */
const header = (first: number, second: number, ...length: number[]) => Buffer.from([first, 0x80 | second, ...length, ...MASK]);

test("any cut of the stream gives the same frames back", () => {
  const frames = [0, 1, 125, 126, 65535, 65536, 70000].map((size) => encodeFrame(OPCODE.binary, Buffer.alloc(size, 7), MASK));
  const stream = Buffer.concat([...frames, encodeFrame(OPCODE.ping, Buffer.from("hi"), MASK)]);
  for (const step of [1, 3, 1000, stream.length]) {
    const scanner = client();
    const pieces: FramePiece[] = [];
    for (let at = 0; at < stream.length; at += step) for (const piece of scanner.scan(stream.subarray(at, at + step))) pieces.push(piece);
    expect(Buffer.concat(pieces.map((piece) => piece.bytes)).equals(stream)).toBe(true);
    expect(pieces.filter((piece) => piece.first).map((piece) => piece.head.length)).toEqual([0, 1, 125, 126, 65535, 65536, 70000, 2]);
    expect(pieces.filter((piece) => piece.last)).toHaveLength(8);
    expect(scanner.atBoundary).toBe(true);
  }
});

test.each<[string, Buffer, number | null]>([
  ["the header of a text", header(0x81, 1), null],
  ["fragments in order", Buffer.concat([header(0x01, 0), header(0x89, 0), header(0x00, 0), header(0x80, 0)]), null],
  ["a reserved bit", header(0xc1, 1), 1002],
  ["an unknown opcode", header(0x83, 1), 1002],
  ["an unknown control opcode", header(0x8b, 1), 1002],
  ["a fragmented ping", header(0x09, 1), 1002],
  ["a ping that is too long", header(0x89, 126, 0, 126), 1002],
  ["a continuation of nothing", header(0x80, 1), 1002],
  ["a text within a text", Buffer.concat([header(0x01, 0), header(0x81, 0)]), 1002],
  ["no mask", Buffer.from([0x81, 1]), 1002],
  ["a length not in its shortest form", header(0x81, 126, 0, 5), 1002],
  ["a long length not in its shortest form", header(0x81, 127, 0, 0, 0, 0, 0, 0, 255, 255), 1002],
  ["a length of 2^63", header(0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 0), 1009],
  ["a length over the cap", header(0x81, 127, 0, 0, 0, 0, 0x10, 0, 0, 1), 1009],
])("%s", (_, bytes, code) => {
  expect(codeOf(bytes)).toBe(code);
});

test("fragments together may not go over the cap", () => {
  const part = (first: number) => Buffer.concat([header(first, 60), Buffer.alloc(60)]);
  expect(codeOf(Buffer.concat([part(0x01), part(0x80)]), client(120))).toBe(null);
  expect(codeOf(Buffer.concat([part(0x01), part(0x00), part(0x80)]), client(120))).toBe(1009);
});
