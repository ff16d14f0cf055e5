import { expect, test } from "vitest";
import { Ring } from "../../../guest-image/agent/ring.ts";
import { FRAME } from "../../../src/contract/guest/frames.ts";

const never = new AbortController().signal;
const readAll = async (ring: Ring) => {
  const parts: [number, string][] = [];
  for await (const { type, data } of ring.read(never)) parts.push([type, data.toString()]);
  return parts;
};

test("kinds stay apart and in order, small writes are joined", async () => {
  const ring = new Ring(1000);
  for (const text of ["a", "b"]) ring.push(FRAME.stdout, Buffer.from(text));
  ring.push(FRAME.stderr, Buffer.from("e"));
  ring.push(FRAME.stdout, Buffer.from("c"));
  ring.close();
  expect(await readAll(ring)).toEqual([
    [FRAME.stdout, "ab"],
    [FRAME.stderr, "e"],
    [FRAME.stdout, "c"],
  ]);
});

test("no more than the limit is kept, and it is the newest", async () => {
  const ring = new Ring(10_000);
  for (let i = 0; i < 100; i++) ring.push(FRAME.stdout, Buffer.alloc(1000, String(i % 10)));
  ring.close();
  expect(ring.size).toBeLessThanOrEqual(10_000);
  expect(ring.size).toBeGreaterThan(5000);
  expect(
    (await readAll(ring))
      .map(([, text]) => text)
      .join("")
      .endsWith("9".repeat(1000)),
  ).toBe(true);
});

test("a reader gets each byte once, also those that are joined to what it has read", async () => {
  const ring = new Ring(10_000);
  ring.push(FRAME.stdout, Buffer.from("one "));
  const reader = ring.read(never);
  expect((await reader.next()).value?.data.toString()).toBe("one ");
  const next = reader.next();
  ring.push(FRAME.stdout, Buffer.from("two "));
  expect((await next).value?.data.toString()).toBe("two ");
  ring.push(FRAME.stdout, Buffer.from("three"));
  ring.close();
  expect((await reader.next()).value?.data.toString()).toBe("three");
  expect((await reader.next()).done).toBe(true);
});

test("a reader leaves when it is told to", async () => {
  const ring = new Ring(10);
  const abort = new AbortController();
  const next = ring.read(abort.signal).next();
  abort.abort();
  expect((await next).done).toBe(true);
});
