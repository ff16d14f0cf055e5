import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Response } from "express";
import { expect, onTestFinished, test } from "vitest";
import { openSse } from "../../../src/server/api/sse.ts";

test("a client that does not read is cut off, and does not pile up what it is sent", async () => {
  const outcome = Promise.withResolvers<{ sent: number; buffered: number; error: unknown }>();
  const server = createServer(async (_request, response) => {
    const sse = openSse(response as unknown as Response, { stallMs: 100 });
    let sent = 0;
    let buffered = 0;
    try {
      for (; sent < 10_000; sent++) {
        await sse.send("message", "x".repeat(10_000), sent);
        buffered = Math.max(buffered, response.writableLength);
      }
    } catch (error) {
      outcome.resolve({ sent, buffered, error });
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  onTestFinished(() => {
    socket.destroy();
    server.close();
  });
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  socket.pause();
  const { sent, buffered, error } = await outcome.promise;
  expect(error).toMatchObject({ name: "AbortError" });
  expect(sent).toBeLessThan(10_000);
  expect(buffered).toBeLessThan(100_000);
});
