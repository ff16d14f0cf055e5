import { createServer } from "node:net";
import type { Duplex } from "node:stream";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { encodeFrame, FRAME } from "../../../src/contract/guest/frames.ts";
import { soon } from "./agent.ts";
import { agentThat, HEALTH, keptMemory, linkTo, reply } from "./hostile-agent.ts";

/** Writes without end, as fast as it is read. */
const flood = (head: Buffer | string, chunk: Buffer) =>
  agentThat((stream) => {
    stream.respond({ ":status": 200 });
    stream.write(head);
    const push = () => {
      while (!stream.destroyed && stream.write(chunk));
    };
    stream.on("drain", push);
    push();
  });
const spec = { argv: ["true"], user: "ohm", timeout_ms: 1000 };
const unreachable = { code: "guest_unreachable" };

test("a peer that accepts and stays silent holds a call no longer than its signal", async () => {
  const guest = await linkTo(createServer(() => {}));
  await expect(guest.stat("/", soon(1300))).rejects.toMatchObject({
    ...unreachable,
    details: { reason: expect.stringContaining("silent") },
  });
});

test("a peer that resets each connection, or talks something else, does neither", async () => {
  const resets = await linkTo(createServer((socket) => socket.resetAndDestroy()));
  await expect(resets.stat("/", soon(300))).rejects.toMatchObject(unreachable);
  const garbage = await linkTo(createServer((socket) => socket.end("SSH-2.0-OpenSSH_9.9\r\n".repeat(1000))));
  await expect(garbage.stat("/", soon(300))).rejects.toMatchObject(unreachable);
});

test("a peer of another protocol version is refused at once", async () => {
  const guest = await agentThat(() => {}, HEALTH.replace(/"protocol":\d+/, '"protocol":99'));
  await expect(guest.stat("/", soon())).rejects.toMatchObject({ ...unreachable, details: { reason: expect.stringContaining("99") } });
});

test("health without end is cut off", async () => {
  const guest = await agentThat(() => {}, "x".repeat(10_000));
  await expect(guest.stat("/", soon())).rejects.toMatchObject(unreachable);
});

test("a call that is never answered ends with its signal", async () => {
  const guest = await agentThat(() => {});
  await expect(guest.exec(spec, soon(300))).rejects.toMatchObject({ name: "TimeoutError" });
  await expect(guest.writeFile("/f", Readable.from([Buffer.from("x")]), soon(300))).rejects.toMatchObject({ name: "TimeoutError" });
});

test("JSON that is too long, no JSON, or not what was asked for is refused", async () => {
  await expect((await flood("[", Buffer.alloc(100_000, "1,"))).list("/", soon())).rejects.toMatchObject(unreachable);
  await expect((await reply("{")).stat("/", soon())).rejects.toMatchObject(unreachable);
  await expect((await reply('{"path":"/","name":"","type":"spaceship"}')).stat("/", soon())).rejects.toMatchObject(unreachable);
  await expect((await reply('{"pid":-1}')).getProcess(1, soon())).rejects.toMatchObject(unreachable);
});

test("an error that is not the guest's to give, or is none, is refused", async () => {
  await expect((await reply('{"code":"unauthorized","details":{}}', 400)).stat("/", soon())).rejects.toMatchObject(unreachable);
  await expect((await reply('{"code":"file_not_found","details":{"path":{"deep":1}}}', 400)).stat("/", soon())).rejects.toMatchObject(
    unreachable,
  );
  await expect((await flood("x", Buffer.alloc(100_000))).powerOff(soon())).resolves.toBe(undefined);
  await expect((await reply("oops", 500)).stat("/", soon())).rejects.toMatchObject(unreachable);
});

test("frames over the bound, of unknown types, or without an exit end the call", async () => {
  const huge = Buffer.from([FRAME.stdout, 0xff, 0xff, 0xff, 0xff]);
  await expect((await reply(huge)).exec(spec, soon())).rejects.toMatchObject(unreachable);
  await expect((await reply(Buffer.from([77, 0, 0, 0, 0]))).exec(spec, soon())).rejects.toMatchObject(unreachable);
  await expect((await reply(encodeFrame(FRAME.exit, Buffer.from("{}")))).exec(spec, soon())).rejects.toMatchObject(unreachable);
  await expect((await reply(encodeFrame(FRAME.stdout, Buffer.from("x")))).exec(spec, soon())).rejects.toMatchObject({
    code: "guest_link_lost",
  });
  await expect((await reply("")).exec(spec, soon())).rejects.toMatchObject({ code: "guest_link_lost" });
});

test("output without end does not fill the service's memory", async () => {
  const guest = await flood("", encodeFrame(FRAME.stdout, Buffer.alloc(200_000, "x")));
  const before = keptMemory();
  await expect(guest.exec({ ...spec, output_limit: 1000 }, soon(1500))).rejects.toMatchObject({ name: "TimeoutError" });
  // What is on its way counts too, the sender's share of it as well, since both ends are in this process. Without a bound it would be gigabytes.
  expect((keptMemory() - before) / 1024 / 1024).toBeLessThan(150);
});

test("a state line without end, and a state that is none, are refused", async () => {
  await expect((await flood("", Buffer.alloc(10_000, "x"))).waitFor(() => true, soon())).rejects.toMatchObject(unreachable);
  await expect((await reply('{"display":1}\n')).waitFor(() => true, soon())).rejects.toMatchObject(unreachable);
  const path = '{"display":true,"window":true,"browser":{"status":"ready","starts":1,"ws_path":"/../secret"}}\n';
  await expect((await reply(path)).waitFor(() => true, soon())).rejects.toMatchObject(unreachable);
});

test("connections with senseless ports are not handed on, and the open ones are bounded", async () => {
  let told = false;
  const guest = await agentThat((stream, headers) => {
    stream.respond({ ":status": 200 });
    if (headers[":path"] !== "/connections") return;
    const line = (id: number, port: number) => `${JSON.stringify({ connection: { id, address: "192.0.2.1", port } })}\n`;
    if (told) return;
    told = true;
    for (let id = 1; id <= 3000; id++) stream.write(line(id, 8080));
    stream.write(line(1, 99999));
  });
  const taken: Duplex[] = [];
  guest.serveConnections({
    accept: ({ port }, stream) => {
      expect(port).toBe(8080);
      taken.push(stream);
    },
    refused: () => {},
  });
  const settled = async () => {
    const before = taken.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return taken.length > 0 && taken.length === before;
  };
  await expect.poll(settled, { timeout: 10_000 }).toBe(true);
  expect(taken.length).toBe(1024);
});

test("a file whose size is senseless is refused", async () => {
  await expect((await reply("x", 200, { "x-file-size": "-5" })).readFile("/f", null, soon())).rejects.toMatchObject(unreachable);
  await expect((await reply("x")).readFile("/f", null, soon())).rejects.toMatchObject(unreachable);
});
