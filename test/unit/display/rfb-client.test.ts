import { randomBytes } from "node:crypto";
import { deflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { RfbClient } from "../../../src/server/display/rfb-client.ts";
import { colourAt, colours, never, startDesktop } from "./desktop.ts";
import { connectTo, init, onceAsked, rectangle, uint32, update } from "./fake-server.ts";

test("what was drawn before a refresh is in the picture after it, every time", async () => {
  const { program, open } = await startDesktop();
  const client = await open();
  const seen: number[] = [];
  const drawn: number[] = [];
  for (let i = 0; i < 60; i++) {
    const colour = (i * 0x030507 + 0x111111) & 0xffffff;
    await program.fill(colour, 100, 100, 50, 50);
    await client.refresh(never);
    drawn.push(colour);
    seen.push(colourAt(client, 120, 120));
  }
  expect(seen).toEqual(drawn);
});

test("the picture is what the X server has, in Raw and in ZRLE, after fills, noise and copies", async () => {
  const { program, open } = await startDesktop({ width: 330, height: 270 });
  const clients = [await open({ pixels: "raw" }), await open({ pixels: "zrle" })];
  // Out of the way of what is compared.
  clients[0]!.pointer(329, 269, 0);
  const compare = async () => {
    const truth = await program.pixels(0, 0, 330, 200);
    for (const client of clients) {
      await client.refresh(never);
      expect(colours(client).slice(0, 330 * 200)).toEqual(truth);
    }
  };
  await compare();
  const noise = randomBytes(400);
  for (let i = 0; i < 80; i++)
    await program.fill(noise.readUIntBE(i, 3), noise[i + 90]!, noise[i + 180]! % 190, 1 + (noise[i + 270]! % 70), 1 + (i % 9));
  await compare();
  for (let i = 0; i < 40; i++) await program.fill(i % 3 ? 0xff0000 : 0x0000ff, 64 + i, 70 + (i % 7), 1, 40);
  await compare();
  // As a page that is scrolled: the server sends where to copy from.
  for (const [from, to] of [
    [
      [0, 0],
      [20, 30],
    ],
    [
      [50, 60],
      [10, 5],
    ],
    [
      [40, 40],
      [41, 40],
    ],
    [
      [40, 40],
      [39, 40],
    ],
  ] as const) {
    await program.copyArea([...from], [...to], 200, 140);
    await compare();
  }
});

test("a screen that gets another size while it is watched is told as a whole", async () => {
  const { program, dial, open } = await startDesktop({ width: 400, height: 300 });
  const client = await open();
  await client.refresh(never);
  const damage: unknown[] = [];
  client.onDamage((rectangles) => damage.push(...rectangles));
  const stream = await dial();
  const other = await RfbClient.connect(stream, never);
  await other.refresh(never);
  const [width, height] = [640, 360];
  const size = Buffer.alloc(24);
  size.writeUInt8(251, 0);
  for (const at of [2, 16]) {
    size.writeUInt16BE(width, at === 2 ? 2 : 16);
    size.writeUInt16BE(height, at === 2 ? 4 : 18);
  }
  size.writeUInt8(1, 6);
  stream.write(size);
  await expect.poll(() => client.framebuffer.width).toBe(width);
  await program.fill(0x123456, 600, 340, 20, 10);
  await client.refresh(never);
  expect([client.framebuffer.width, client.framebuffer.height]).toEqual([width, height]);
  expect(colourAt(client, 610, 345)).toBe(0x123456);
  expect(damage).toContainEqual({ x: 0, y: 0, width, height });
});

const TEXT = "Žluťoučký kůň 漢字 😀\nand a second line";

test("text goes to the computer's clipboard and comes from it, whatever the script", async () => {
  const { program, open } = await startDesktop();
  const client = await open();
  expect(client.clipboard).toBe("");
  await client.setClipboard(TEXT, never);
  expect([client.clipboard, client.holdsClipboard]).toEqual([TEXT, true]);
  expect(await program.paste()).toBe(TEXT);
  // Any number of times.
  expect(await program.paste()).toBe(TEXT);
  await program.copy(`${TEXT} copied there`);
  await expect.poll(() => client.clipboard).toBe(`${TEXT} copied there`);
  expect(client.holdsClipboard).toBe(false);
  // From one VNC client to another.
  const other = await open();
  await other.setClipboard("from the other", never);
  expect(await program.paste()).toBe("from the other");
});

test("text that is marked is not copied", async () => {
  const { program, open } = await startDesktop();
  const client = await open();
  await client.flush(never);
  await program.copy("copied");
  await expect.poll(() => client.clipboard).toBe("copied");
  await program.copy("marked", "PRIMARY");
  for (let i = 0; i < 5; i++) await client.flush(never);
  expect(client.clipboard).toBe("copied");
});

test("a text that is longer than the server takes is refused with the bound", async () => {
  const { program, open } = await startDesktop();
  const client = await open();
  const longest = "漢".repeat(87_000);
  await client.setClipboard(longest, never);
  expect(await program.paste()).toBe(longest);
  await expect(client.setClipboard("漢".repeat(90_000), never)).rejects.toThrow(/262144/);
  expect(client.clipboard).toBe(longest);
});

test("after a flush the server has done what it was told", async () => {
  const { program, open } = await startDesktop();
  const client = await open();
  expect(client.pointerAt).toBeNull();
  for (let i = 1; i < 20; i++) {
    client.pointer(10 * i, 5 * i, 0);
    await client.flush(never);
    expect(await program.pointer()).toEqual({ x: 10 * i, y: 5 * i });
  }
  expect(client.pointerAt).toEqual({ x: 190, y: 95 });
});

test("damage is told while somebody listens, and the pixel that a refresh asks for is none", async () => {
  const { program, open } = await startDesktop();
  const client = await open();
  await client.refresh(never);
  const damage: { x: number; y: number; width: number; height: number }[] = [];
  const leave = client.onDamage((rectangles) => damage.push(...rectangles));
  for (let i = 0; i < 5; i++) await client.refresh(never);
  expect(damage).toEqual([]);
  await program.fill(0xff0000, 30, 40, 50, 60);
  await expect.poll(() => damage).toContainEqual({ x: 30, y: 40, width: 50, height: 60 });
  const { version } = client.framebuffer;
  await program.fill(0x00ff00, 0, 0, 1, 1);
  await client.refresh(never);
  expect(client.framebuffer.version).toBeGreaterThan(version);
  leave();
  const told = damage.length;
  await program.fill(0x0000ff, 30, 40, 50, 60);
  await client.refresh(never);
  expect(damage).toHaveLength(told);
});

test("those who ask together share a refresh, and who comes later has a later one", async () => {
  const { program, open } = await startDesktop();
  const client = await open();
  await client.refresh(never);
  const first = Promise.all([client.refresh(never), client.refresh(never)]);
  await new Promise((resolve) => setImmediate(resolve));
  await program.fill(0xabcdef, 200, 200, 10, 10);
  await client.refresh(never);
  expect(colourAt(client, 205, 205)).toBe(0xabcdef);
  await first;
});

test("a wait ends with its signal, and all waits end with the connection", async () => {
  const stream = await connectTo(init(10, 10));
  const client = await RfbClient.connect(stream, never);
  const abort = new AbortController();
  const given = client.refresh(abort.signal);
  const refresh = expect(client.refresh(never)).rejects.toMatchObject({ code: "display_unavailable" });
  const flush = expect(client.flush(never)).rejects.toMatchObject({ code: "display_unavailable" });
  abort.abort(new Error("enough"));
  await expect(given).rejects.toThrow("enough");
  client.close();
  await Promise.all([refresh, flush]);
  expect((await client.closed).message).toContain("closed");
  await expect(client.refresh(never)).rejects.toMatchObject({ code: "display_unavailable" });
});

const red = Buffer.from([255, 0, 0]);
const blue = Buffer.from([0, 0, 255]);
const R = 0xff0000;
const B = 0x0000ff;
const zrle = (...tiles: Buffer[]) => {
  const data = deflateSync(Buffer.concat(tiles));
  return Buffer.concat([uint32(data.length), data]);
};
test.each<[string, Buffer, number[]]>([
  ["a raw tile", Buffer.concat([Buffer.from([0]), red, blue, blue, red, red, blue]), [R, B, B, R, R, B]],
  ["a tile of one colour", Buffer.concat([Buffer.from([1]), blue]), [B, B, B, B, B, B]],
  ["a packed palette", Buffer.concat([Buffer.from([2]), red, blue, Buffer.from([0b01000000, 0b10100000])]), [R, B, R, B, R, B]],
  ["runs", Buffer.concat([Buffer.from([128]), red, Buffer.from([3]), blue, Buffer.from([1])]), [R, R, R, R, B, B]],
  ["a palette and runs", Buffer.concat([Buffer.from([130]), red, blue, Buffer.from([0x81, 2, 0, 0x81, 1])]), [B, B, B, R, B, B]],
])("ZRLE: %s", async (_, tile, pixels) => {
  const client = await RfbClient.connect(await connectTo(onceAsked(init(3, 2), update(rectangle(0, 0, 3, 2, 16, zrle(tile))))), never);
  await client.refresh(never);
  expect(colours(client)).toEqual(pixels);
});

test("rectangles, a new size, a bell, colours and a clipboard on the way are understood", async () => {
  const raw = (...pixels: Buffer[]) => Buffer.concat(pixels.flatMap((pixel) => [pixel, Buffer.from([9])]));
  const bytes = Buffer.concat([
    Buffer.from([2]),
    update(rectangle(0, 0, 2, 2, -223)),
    Buffer.from([3, 0, 0, 0, 0, 0, 0, 2, 65, 0xe9]),
    Buffer.from([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    update(rectangle(0, 0, 1, 2, 0, raw(red, blue)), rectangle(1, 0, 1, 2, 1, Buffer.from([0, 0, 0, 0])), rectangle(0, 0, 0, 0, -224)),
  ]);
  const client = await RfbClient.connect(await connectTo(onceAsked(init(9, 9), bytes)), never);
  await client.refresh(never);
  expect([client.framebuffer.width, client.framebuffer.height, client.clipboard]).toEqual([2, 2, "Aé"]);
  expect(colours(client)).toEqual([R, R, B, B]);
});
