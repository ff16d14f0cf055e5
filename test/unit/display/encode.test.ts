import sharp from "sharp";
import { expect, test } from "vitest";
import { encode } from "../../../src/server/display/encode.ts";
import { Framebuffer } from "../../../src/server/display/framebuffer.ts";

test.each([
  [0, 16],
  [0, 8],
  [0, 32],
  [255, 8],
])("with %d in the unused byte, an image %d wide has the picture's colour", async (unused, width) => {
  const screen = new Framebuffer(16, 16);
  screen.pixels.set(Array.from({ length: 16 * 16 }, () => [200, 100, 50, unused]).flat());
  const pixels = screen.crop({ x: 0, y: 0, width: 16, height: 16 });
  const image = await encode(pixels, { width: 16, height: 16 }, { format: "png", quality: 80, width, height: width });
  const { channels } = await sharp(image).stats();
  expect(channels.map(({ mean }) => Math.round(mean))).toEqual([200, 100, 50]);
});
