import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import fc from "fast-check";
import { expect } from "vitest";
import { FRAME, MAX_FRAME } from "../../src/contract/guest/frames.ts";
import { soon } from "../unit/guest/agent.ts";
import { agentThat, keptMemory, linkTo } from "../unit/guest/hostile-agent.ts";
import { fault } from "./fault.ts";

const SPEC = { argv: ["true"], user: "ohm", timeout_ms: 1000 };
const EXIT = Buffer.from(JSON.stringify({ exit_code: 0, signal: null, timed_out: false, truncated: false, duration_ms: 1 }));
const RUNS = 300;

interface Said {
  type: number;
  /** What its head says, which may be more or less than there is. */
  length: number;
  payload: Buffer;
}
const bytesOf = ({ type, length, payload }: Said): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt8(type, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, payload]);
};
const honest = (type: number, payload: Buffer): Said => ({ type, length: payload.length, payload });
const text = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const frame: fc.Arbitrary<Said> = fc.oneof(
  { weight: 6, arbitrary: text.map((payload) => honest(FRAME.stdout, payload)) },
  { weight: 6, arbitrary: fc.constant(honest(FRAME.exit, EXIT)) },
  fc.record({ type: fc.constantFrom(0, 4, 77, 255), payload: text }).map(({ type, payload }) => honest(type, payload)),
  fc.record({ type: fc.constantFrom(1, 2, 3), length: fc.constantFrom(2 ** 32 - 1, 2 ** 31, MAX_FRAME + 1), payload: text }),
  fc.record({ type: fc.constantFrom(1, 2, 3), payload: text }).map(({ type, payload }) => ({ type, length: payload.length + 1, payload })),
  text.map((payload) => honest(FRAME.exit, payload)),
);
/** Whether an answer is one: output, then one exit, then nothing. */
const isWhole = (said: readonly Said[]): boolean =>
  said.at(-1)?.payload === EXIT &&
  said.slice(0, -1).every(({ type, length, payload }) => type === FRAME.stdout && length === payload.length);

/** Frames of HTTP/2, as bytes. */
const http2 = (length: number, type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length, 0, 3);
  head.set([type, flags], 3);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
};
const SETTINGS = http2(0, 4, 0, 0);

fault(
  {
    id: "B13",
    what: "a hostile agent: lengths of 2^32-1, unknown types, cut frames, replayed ids, at the link's own frames and at HTTP/2's",
    expected: "the call or the connection ends, nothing is allocated first",
  },
  async () => {
    let said: Said[] = [];
    const guest = await agentThat((stream) => {
      stream.respond({ ":status": 200 });
      stream.end(Buffer.concat(said.map(bytesOf)));
    });
    const outcomes = { whole: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 5 }), async (answer) => {
        said = answer;
        if (isWhole(answer)) {
          outcomes.whole++;
          expect(await guest.exec(SPEC, soon())).toMatchObject({ exit_code: 0 });
          return;
        }
        outcomes.refused++;
        await expect(guest.exec(SPEC, soon())).rejects.toMatchObject({ code: expect.stringMatching(/^guest_(unreachable|link_lost)$/) });
      }),
      { numRuns: RUNS, seed: 6 },
    );
    expect(outcomes.whole).toBeGreaterThan(10);
    expect(outcomes.refused).toBeGreaterThan(10);

    said = [{ type: FRAME.stdout, length: 2 ** 32 - 1, payload: Buffer.alloc(100) }];
    const before = keptMemory();
    const calls = Array.from({ length: 20 }, () => guest.exec(SPEC, soon()));
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: "guest_unreachable" });
    const kept = (keptMemory() - before) / 1024 ** 2;
    expect(kept).toBeLessThan(16);

    // Below the calls: what breaks HTTP/2 itself, each time a new connection tries.
    const breaches: [what: string, bytes: Buffer][] = [
      ["a frame of 2^24-1", Buffer.concat([SETTINGS, http2(2 ** 24 - 1, 0, 0, 1)])],
      ["headers of a stream that nobody opened", Buffer.concat([SETTINGS, http2(1, 1, 4, 1001, Buffer.from([0x88]))])],
      ["data before an answer", Buffer.concat([SETTINGS, http2(4, 0, 0, 1, Buffer.from("evil"))])],
      ["settings of no whole number", http2(5, 4, 0, 0, Buffer.alloc(5))],
      ["no settings", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ];
    for (const [what, bytes] of breaches) {
      const dropped: Promise<unknown>[] = [];
      const peer = await linkTo(
        createServer((socket: Socket) => {
          dropped.push(once(socket, "close"));
          socket.resume();
          socket.write(bytes);
        }),
      );
      await expect(peer.stat("/", soon(1500)), what).rejects.toMatchObject({ code: "guest_unreachable" });
      expect(dropped.length, what).toBeGreaterThan(0);
      await Promise.all(dropped);
    }

    // An id told again and again is a connection each time, up to those that one guest may have.
    const replaying = await agentThat((stream, headers) => {
      stream.respond({ ":status": 200 });
      if (headers[":path"] === "/connections")
        stream.write(`${JSON.stringify({ connection: { id: 1, address: "192.0.2.1", port: 80 } })}\n`.repeat(3000));
    });
    const taken: Duplex[] = [];
    replaying.serveConnections({ accept: (_to, stream) => void taken.push(stream), refused: () => {} });
    await expect.poll(() => taken.length, { timeout: 20_000 }).toBe(1024);
    return `${RUNS} answers: ${outcomes.refused} refused, the ${outcomes.whole} whole ones taken; 20 × 2^32-1: ${Math.max(0, kept).toFixed(0)} MiB kept; ${breaches.length} breaches of HTTP/2: each connection dropped; 3000 replays: 1024 streams`;
  },
);
