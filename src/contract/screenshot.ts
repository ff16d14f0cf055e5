import { z } from "zod";
import { ImageFormat, Region } from "./actions.ts";

const flag = z.enum(["0", "1", "true", "false"]).transform((v) => v === "1" || v === "true");
const number = z
  .string()
  .regex(/^\d{1,5}(\.\d{1,6})?$/, "give a number")
  .transform(Number);

const region = z
  .string()
  .regex(/^\d{1,5},\d{1,5},\d{1,5},\d{1,5}$/, "give x,y,width,height in pixels, like 0,0,640,400")
  .transform((text) => {
    const [x, y, width, height] = text.split(",").map(Number);
    return { x, y, width, height };
  })
  .pipe(Region);

export const ScreenshotQuery = z.strictObject({
  format: ImageFormat.default("png"),
  scale: number.pipe(z.number().min(0.05).max(4)).optional().describe("Of the image's sides to the screen's, 0.05 to 4"),
  region: region.optional().describe("x,y,width,height in pixels of the screen; the whole when left out"),
  quality: number.pipe(z.int().min(1).max(100)).optional().describe("Of jpeg and webp, 1 to 100"),
  cursor: flag.default(true).describe("With the pointer in the picture"),
  passive: flag
    .default(false)
    .describe(
      "A look that is no use of the computer, as of an overview: it does not keep it from being idle, and is told in the timeline once a minute",
    ),
  if_changed: z.string().min(1).max(128).optional().describe("A hash that an earlier ETag gave: 304 when the picture is still that one"),
});
