import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, expect, test } from "vitest";
import { screenshot } from "../../../src/server/display/screenshot.ts";
import { HostGuest } from "../relay/host-guest.ts";
import { startXvnc } from "./xvnc.ts";

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const never = new AbortController().signal;
const shoot = (port: number, signal = never) => {
  const guest = new HostGuest();
  guest.ports.set(5900, port);
  return screenshot(guest, { format: "png", signal });
};
const pixel = async (data: Buffer, x: number, y: number): Promise<number[]> => [
  ...(await sharp(data).extract({ left: x, top: y, width: 1, height: 1 }).raw().toBuffer()),
];

test("the picture has the screen's size and the colours that are on it", async () => {
  const xvnc = await startXvnc({ width: 400, height: 300 });
  cleanups.push(xvnc.kill);
  const empty = await shoot(xvnc.port);
  expect([empty.width, empty.height]).toEqual([400, 300]);
  const meta = await sharp(empty.data).metadata();
  expect([meta.format, meta.width, meta.height, meta.channels]).toEqual(["png", 400, 300, 3]);

  const profile = await mkdtemp(join(tmpdir(), "vitrine-chromium-"));
  const html =
    "<body style='margin:0;background:%23ff8000'><div style='position:fixed;left:0;top:150px;width:100%25;height:150px;background:%230040c0'>";
  const flags = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--kiosk",
    "--window-size=400,300",
    "--window-position=0,0",
    `--user-data-dir=${profile}`,
  ];
  const env = { ...process.env, DISPLAY: xvnc.display };
  const chromium = spawn("/usr/bin/chromium", [...flags, `--app=data:text/html,${html}`], { env, detached: true, stdio: "ignore" });
  const exited = once(chromium, "exit");
  cleanups.push(async () => {
    process.kill(-chromium.pid!, "SIGKILL");
    await exited;
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  });
  const colours = async () => {
    const { data } = await shoot(xvnc.port);
    return [await pixel(data, 30, 40), await pixel(data, 30, 260)];
  };
  await expect.poll(colours, { timeout: 20_000, interval: 300 }).toEqual([
    [255, 128, 0],
    [0, 64, 192],
  ]);
}, 30_000);

const HELLO = Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.from([1, 1, 0, 0, 0, 0])]);
const init = (width: number, height: number, name = 0) => {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt16BE(width, 0);
  bytes.writeUInt16BE(height, 2);
  bytes.writeUInt32BE(name, 20);
  return Buffer.concat([HELLO, bytes]);
};
const rectangle = (x: number, y: number, width: number, height: number, encoding: number, pixels = Buffer.alloc(0)) => {
  const head = Buffer.alloc(12);
  for (const [i, value] of [x, y, width, height].entries()) head.writeUInt16BE(value, 2 * i);
  head.writeInt32BE(encoding, 8);
  return Buffer.concat([head, pixels]);
};
const update = (...rectangles: Buffer[]) =>
  Buffer.concat([Buffer.from([0, 0, rectangles.length >> 8, rectangles.length & 255]), ...rectangles]);

const hostile = async (bytes: Buffer, { end = true } = {}): Promise<number> => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    if (end) socket.end(bytes);
    else socket.write(bytes);
    cleanups.push(() => socket.destroy());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  cleanups.push(() => server.close());
  return (server.address() as { port: number }).port;
};

test("rectangles, a new size, a bell and a clipboard on the way are understood", async () => {
  const red = Buffer.from([255, 0, 0, 9]);
  const blue = Buffer.from([0, 0, 255, 9]);
  const bytes = Buffer.concat([
    init(9, 9),
    Buffer.from([2]),
    update(rectangle(0, 0, 2, 2, -223)),
    Buffer.from([3, 0, 0, 0, 0, 0, 0, 2, 65, 65]),
    Buffer.from([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    update(
      rectangle(0, 0, 1, 2, 0, Buffer.concat([red, blue])),
      rectangle(1, 0, 1, 2, 0, Buffer.concat([blue, red])),
      rectangle(0, 0, 0, 0, -224),
    ),
  ]);
  const { data, width, height } = await shoot(await hostile(bytes, { end: false }));
  expect([width, height]).toEqual([2, 2]);
  expect([...(await sharp(data).raw().toBuffer())]).toEqual([255, 0, 0, 0, 0, 255, 0, 0, 255, 255, 0, 0]);
});

test.each<[string, Buffer]>([
  ["hangs up", Buffer.alloc(0)],
  ["speaks something else", Buffer.from("SSH-2.0-OpenSSH_9.2\r\n")],
  ["wants a password", Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.from([1, 2])])],
  ["refuses with a huge reason", Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.from([0, 255, 255, 255, 255])])],
  ["is too wide", init(8193, 10)],
  ["has no height", init(10, 0)],
  ["has a huge name", init(10, 10, 0xffffffff)],
  ["draws outside", Buffer.concat([init(10, 10), update(rectangle(5, 5, 6, 6, 0))])],
  ["uses an encoding nobody asked for", Buffer.concat([init(10, 10), update(rectangle(0, 0, 10, 10, 16))])],
  ["resizes again and again", Buffer.concat([init(10, 10), update(rectangle(0, 0, 8192, 8192, -223), rectangle(0, 0, 8191, 8192, -223))])],
  ["resizes to nothing", Buffer.concat([init(10, 10), update(rectangle(0, 0, 0, 0, -223))])],
  ["sends a huge clipboard", Buffer.concat([init(10, 10), Buffer.from([3, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])])],
  ["sends an unknown message", Buffer.concat([init(10, 10), Buffer.from([99])])],
  ["never draws all", Buffer.concat([init(10, 10), ...Array(20).fill(update(rectangle(0, 0, 1, 1, 0, Buffer.alloc(4))))])],
])("a server that %s makes the display unavailable", async (_, bytes) => {
  const before = process.memoryUsage().arrayBuffers;
  await expect(shoot(await hostile(bytes))).rejects.toMatchObject({ code: "display_unavailable" });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(600 << 20);
});

test("a server that says nothing is waited for until the caller gives up", async () => {
  const abort = new AbortController();
  const shot = shoot(await hostile(Buffer.alloc(0), { end: false }), abort.signal);
  setTimeout(() => abort.abort(new Error("enough")), 50);
  await expect(shot).rejects.toThrow();
});
