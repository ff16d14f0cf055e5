import sharp from "sharp";
import { expect, test } from "vitest";
import { encode } from "../../../src/server/display/encode.ts";

test.each([
  [0, 16],
  [0, 8],
  [0, 32],
  [255, 8],
])("with %d in the unused byte, an image %d wide has the picture's colour", async (unused, width) => {
  const pixels = Buffer.from(Array.from({ length: 16 * 16 }, () => [200, 100, 50, unused]).flat());
  const image = await encode(pixels, { width: 16, height: 16 }, { format: "png", quality: 80, width, height: width });
  const { channels } = await sharp(image).stats();
  expect(channels.map(({ mean }) => Math.round(mean))).toEqual([200, 100, 50]);
});
