import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import { OpenDisplays } from "../../../src/server/display/displays.ts";
import { capture, type PictureOptions, takePicture } from "../../../src/server/display/picture.ts";
import { never, startDesktop } from "./desktop.ts";

const start = async () => {
  const desktop = await startDesktop({ width: 400, height: 300 });
  const displays = new OpenDisplays({ connect: desktop.dial });
  onTestFinished(() => displays.closeAll());
  const take = (options: PictureOptions) => displays.use("a", never, (display) => takePicture(display, options, never));
  await desktop.program.fill(0xff8000, 0, 0, 400, 300);
  await desktop.program.fill(0x0040c0, 100, 50, 200, 100);
  await desktop.program.warp(390, 290);
  return { ...desktop, displays, take };
};
/** A pixel of an image, as it is or nearly so. */
const pixel = async (data: Buffer, left: number, top: number): Promise<number[]> => [
  ...(await sharp(data).extract({ left, top, width: 1, height: 1 }).raw().toBuffer()),
];
const near = (colour: number[], wanted: number[]) => colour.every((value, i) => Math.abs(value - wanted[i]!) < 6);

test.each(["png", "jpeg", "webp"] as const)("a picture as %s has the screen's size and colours, and no alpha channel", async (format) => {
  const { take } = await start();
  const { data, media_type, width, height } = await take({ format, quality: 100 });
  expect([media_type, width, height]).toEqual([`image/${format}`, 400, 300]);
  const meta = await sharp(data).metadata();
  expect([meta.format, meta.width, meta.height, meta.channels]).toEqual([format, 400, 300, 3]);
  expect(near(await pixel(data, 20, 20), [255, 128, 0])).toBe(true);
  expect(near(await pixel(data, 200, 100), [0, 64, 192])).toBe(true);
});

test("a region, and a scale on top of it", async () => {
  const { take } = await start();
  const region = { x: 100, y: 50, width: 200, height: 100 };
  const whole = await take({ format: "png", region });
  expect([whole.width, whole.height]).toEqual([200, 100]);
  const { channels } = await sharp(whole.data).stats();
  expect(channels.map(({ min, max }) => [min, max])).toEqual([
    [0, 0],
    [64, 64],
    [192, 192],
  ]);
  const double = await take({ format: "png", region, scale: 2 });
  expect([double.width, double.height, double.hash]).toEqual([400, 200, whole.hash]);
  const dot = await take({ format: "png", region: { x: 399, y: 299, width: 1, height: 1 }, scale: 0.05 });
  expect([dot.width, dot.height]).toEqual([1, 1]);
});

test.each([
  { x: 300, y: 0, width: 101, height: 10 },
  { x: 0, y: 300, width: 1, height: 1 },
])("a region beyond the screen is refused with the screen's bounds: %o", async (region) => {
  const { take } = await start();
  await expect(take({ format: "png", region })).rejects.toMatchObject({
    code: "invalid_request",
    message: expect.stringMatching(/400 by 300/),
  });
});

test("an image with too long a side is refused with the bound", async () => {
  const desktop = await startDesktop({ width: 3000, height: 100 });
  const client = await desktop.open();
  await expect(takePicture(client, { format: "png", scale: 3 }, never)).rejects.toMatchObject({ message: expect.stringMatching(/8192/) });
  client.close();
});

test("the hash is the same for the same pixels and another for others, the pointer among them", async () => {
  const { take, program } = await start();
  const first = await take({ format: "png" });
  expect((await take({ format: "jpeg" })).hash).toBe(first.hash);
  await program.fill(0x010101, 7, 7, 1, 1);
  const second = await take({ format: "png" });
  expect(second.hash).not.toBe(first.hash);
  await program.fill(0xff8000, 7, 7, 1, 1);
  expect((await take({ format: "png" })).hash).toBe(first.hash);
  await program.warp(200, 250);
  expect((await take({ format: "png" })).hash).not.toBe(first.hash);
  const strip = (width: number, height: number) => take({ format: "png", region: { x: 100, y: 50, width, height } });
  expect((await strip(10, 20)).hash).not.toBe((await strip(20, 10)).hash);
});

test("the pointer is in the picture, or left out of it and back where it was", async () => {
  const { take, program } = await start();
  const region = { x: 20, y: 200, width: 60, height: 60 };
  const isPlain = async (cursor: boolean) => {
    const { data } = await take({ format: "png", region, cursor });
    return (await sharp(data).stats()).channels.every(({ stdev }) => stdev === 0);
  };
  for (const [x, y] of [
    [50, 230],
    [51, 229],
  ] as const) {
    await program.warp(x, y);
    expect([await isPlain(true), await isPlain(false)]).toEqual([false, true]);
    expect(await program.pointer()).toEqual({ x, y });
  }
  expect(await isPlain(true)).toBe(false);
});

test("those who ask for the same share one encode, until the screen changes", async () => {
  const { displays, program } = await start();
  await displays.use("a", never, async (display) => {
    const options = { format: "png" } as const;
    const captures = await Promise.all([capture(display, options, never), capture(display, options, never)]);
    const [first, second] = await Promise.all(captures.map(({ encode }) => encode()));
    expect(second).toBe(first);
    expect((await takePicture(display, options, never)).data).toBe(first);
    expect((await takePicture(display, { ...options, scale: 0.5 }, never)).data).not.toBe(first);
    await program.fill(0x222222, 0, 0, 9, 9);
    expect((await takePicture(display, options, never)).data).not.toBe(first);
  });
});

test("a picture is of one moment, even when it is encoded later", async () => {
  const { displays, program } = await start();
  await displays.use("a", never, async (display) => {
    const { encode } = await capture(display, { format: "png" }, never);
    await program.fill(0x00ff00, 0, 0, 400, 300);
    await display.refresh(never);
    expect(await pixel(await encode(), 20, 20)).toEqual([255, 128, 0]);
  });
});
