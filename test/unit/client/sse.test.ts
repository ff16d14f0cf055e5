import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { serverEvents } from "../../../src/client/sse.ts";

const STREAM =
  'event: stdout\ndata: {"data":"žluť 🙂"}\n\n: keep-alive\n\nevent: exit\r\ndata: 1\r\ndata: 2\r\nid: 7\r\n\r\ndata:bare\r\revent: lost\ndata: x';
const EVENTS = [
  { event: "stdout", data: '{"data":"žluť 🙂"}' },
  { event: "exit", data: "1\n2", id: "7" },
  { event: "message", data: "bare" },
];

const parse = async (chunks: Buffer[]) => {
  const events = [];
  for await (const event of serverEvents(Readable.from(chunks))) events.push(event);
  return events;
};

test("reads events wherever the chunks are cut", async () => {
  const bytes = Buffer.from(STREAM);
  for (let size = 1; size <= bytes.length; size++) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
    expect(await parse(chunks), `chunks of ${size}`).toEqual(EVENTS);
  }
});

test("refuses an event without end", async () => {
  const endless = Array.from({ length: 20 }, () => Buffer.alloc(1024 * 1024, "x"));
  await expect(parse([Buffer.from("data: "), ...endless])).rejects.toThrow(RangeError);
});
