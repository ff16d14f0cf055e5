import sharp from "sharp";
import type { ImageFormat } from "../../contract/actions.ts";

export interface Encoding {
  format: ImageFormat;
  /** Of JPEG and WebP, 1 to 100. */
  quality: number;
  /** Pixels of the image; those of the picture when it is not scaled. */
  width: number;
  height: number;
}

/** Encodes a picture of R, G, B a pixel, in the image's size. */
export const encode = async (pixels: Buffer, size: { width: number; height: number }, to: Encoding): Promise<Buffer> => {
  const picture = sharp(pixels, { raw: { ...size, channels: 3 } });
  if (to.width !== size.width || to.height !== size.height) picture.resize(to.width, to.height, { fit: "fill" });
  // Screens are flat: the cheapest compression costs little size and a fraction of the time.
  if (to.format === "png") return picture.png({ compressionLevel: 2, adaptiveFiltering: false }).toBuffer();
  if (to.format === "jpeg") return picture.jpeg({ quality: to.quality }).toBuffer();
  return picture.webp({ quality: to.quality, effort: 0 }).toBuffer();
};
