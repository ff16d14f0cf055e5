import sharp from "sharp";
import type { Framebuffer } from "./framebuffer.ts";

/** A screen as a PNG without an alpha channel. */
export const encodePng = ({ pixels, width, height }: Framebuffer): Promise<Buffer> =>
  sharp(pixels, { raw: { width, height, channels: 4 } })
    .removeAlpha()
    // Screens are flat: the cheapest compression costs little size and a fraction of the time.
    .png({ compressionLevel: 2, adaptiveFiltering: false })
    .toBuffer();
