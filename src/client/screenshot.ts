import type { ImageFormat, Region } from "../contract/actions.ts";
import type { CallOptions } from "./deadline.ts";
import type { Transport } from "./transport.ts";

export interface ScreenshotOptions extends CallOptions {
  /** Default: png. */
  format?: ImageFormat | undefined;
  /** Of the image's sides to the screen's, 0.05 to 4. */
  scale?: number | undefined;
  /** A part of the screen, in its pixels. */
  region?: Region | undefined;
  /** Of jpeg and webp, 1 to 100. */
  quality?: number | undefined;
  /** false leaves the pointer out of the picture. */
  cursor?: boolean | undefined;
  /** true: a look that keeps no computer from being idle, and that the timeline has once a minute, as of an overview. */
  passive?: boolean | undefined;
}

/** An image and the hash of its pixels, which is the same for the same picture. Width and height are the image's. */
export interface Screenshot {
  data: Buffer;
  media_type: string;
  width: number;
  height: number;
  hash: string;
}

/** Takes a picture; null when it is still the one with the hash `ifChanged`. */
export const takeScreenshot = async (
  transport: Transport,
  path: string,
  { region, format, scale, quality, cursor, passive, ...call }: ScreenshotOptions,
  ifChanged?: string,
): Promise<Screenshot | null> => {
  const query = {
    format,
    scale,
    quality,
    ...(region && { region: `${region.x},${region.y},${region.width},${region.height}` }),
    ...(cursor !== undefined && { cursor: cursor ? 1 : 0 }),
    ...(passive !== undefined && { passive: passive ? 1 : 0 }),
    if_changed: ifChanged,
  };
  const { status, headers, bytes } = await transport.whole({ ...call, method: "GET", path, query });
  if (status === 304) return null;
  return {
    data: bytes,
    media_type: headers["content-type"] ?? "",
    width: Number(headers["x-screen-width"]),
    height: Number(headers["x-screen-height"]),
    hash: headers.etag?.replaceAll('"', "") ?? "",
  };
};
