import { createHash } from "node:crypto";
import type { ImageFormat, Picture, Region } from "../../contract/actions.ts";
import { VitrineError } from "../../contract/errors.ts";
import type { Display } from "./display.ts";
import { encode } from "./encode.ts";
import type { Framebuffer } from "./framebuffer.ts";

export interface PictureOptions {
  format: ImageFormat;
  /** Of the image's sides to the picture's; 1 when it is left out. */
  scale?: number | undefined;
  /** The whole screen when it is left out. */
  region?: Region | undefined;
  /** With the pointer in it; true when it is left out. */
  cursor?: boolean | undefined;
  /** Of JPEG and WebP, 1 to 100. */
  quality?: number | undefined;
}

/** A picture of the screen. Width and height are the image's, in pixels; `hash` is of the screen's pixels in it, the same for the same picture. */
export interface TakenPicture {
  data: Buffer;
  media_type: Picture["media_type"];
  width: number;
  height: number;
  hash: string;
}

/** A picture that was taken and is encoded when it is asked for. */
export interface Capture extends Omit<TakenPicture, "data"> {
  encode(): Promise<Buffer>;
}

const QUALITY = 80;
const MAX_IMAGE_SIDE = 8192;
/** Images of one moment that are kept, for who asks for the same again. */
const KEPT_IMAGES = 4;
const KEPT_HASHES = 64;
const HASH_LENGTH = 32;

/** What is known of a framebuffer's picture, until it changes. */
interface Known {
  version: number;
  hashes: Map<string, string>;
  images: Map<string, Promise<Buffer>>;
}
const known = new WeakMap<Framebuffer, Known>();

const knownOf = (framebuffer: Framebuffer): Known => {
  const found = known.get(framebuffer);
  if (found?.version === framebuffer.version) return found;
  const fresh: Known = { version: framebuffer.version, hashes: new Map(), images: new Map() };
  known.set(framebuffer, fresh);
  return fresh;
};

const keep = <T>(map: Map<string, T>, key: string, value: T, most: number): T => {
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value as string);
  return value;
};

const checkRegion = ({ x, y, width, height }: Region, screen: Framebuffer): void => {
  if (x + width <= screen.width && y + height <= screen.height) return;
  throw new VitrineError("invalid_request", {
    reason: `the region ${x},${y},${width},${height} does not lie on the screen, which is ${screen.width} by ${screen.height} pixels: x + width may be at most ${screen.width} and y + height at most ${screen.height}`,
    width: screen.width,
    height: screen.height,
  });
};

const imageSize = (region: Region, scale: number): { width: number; height: number } => {
  const [width, height] = [Math.max(1, Math.round(region.width * scale)), Math.max(1, Math.round(region.height * scale))];
  if (width <= MAX_IMAGE_SIDE && height <= MAX_IMAGE_SIDE) return { width, height };
  throw new VitrineError("invalid_request", {
    reason: `scale: the image would be ${width} by ${height} pixels; its sides may be at most ${MAX_IMAGE_SIDE}`,
  });
};

/** The size is in the hash, or a red square would be the same as a red strip. */
const hashOf = (pixels: Buffer, { width, height }: Region): string =>
  createHash("sha256").update(`${width} ${height} `).update(pixels).digest("hex").slice(0, HASH_LENGTH);

/** A capture of what a framebuffer holds now. */
const captureNow = (framebuffer: Framebuffer, { format, scale = 1, quality = QUALITY, ...options }: PictureOptions): Capture => {
  const region = options.region ?? { x: 0, y: 0, width: framebuffer.width, height: framebuffer.height };
  checkRegion(region, framebuffer);
  const size = imageSize(region, scale);
  const { hashes, images } = knownOf(framebuffer);
  const where = `${region.x},${region.y},${region.width},${region.height}`;
  let pixels: Buffer | undefined;
  const copy = () => {
    pixels ??= framebuffer.crop(region);
    return pixels;
  };
  const hash = hashes.get(where) ?? keep(hashes, where, hashOf(copy(), region), KEPT_HASHES);
  const image = `${where} ${format} ${size.width}x${size.height} ${format === "png" ? "" : quality}`;
  const found = images.get(image);
  // Copied now: the screen may be drawn on before it is encoded.
  if (!found) copy();
  const start = () => {
    const encoding = encode(copy(), region, { format, quality, ...size });
    encoding.catch(() => images.delete(image));
    return keep(images, image, encoding, KEPT_IMAGES);
  };
  return { hash, ...size, media_type: `image/${format}`, encode: () => found ?? images.get(image) ?? start() };
};

/** The screen as it is when this is called, or later by as long as it takes to bring it here. Errors as of takePicture. */
export const capture = async (display: Display, options: PictureOptions, signal: AbortSignal): Promise<Capture> => {
  if (options.cursor === false) {
    if (!display.withoutPointer)
      throw new VitrineError("unsupported_option", { option: "cursor", reason: "this display has no other picture" });
    return display.withoutPointer(signal, (framebuffer) => captureNow(framebuffer, options));
  }
  // Again when it has got another size meanwhile.
  do await display.refresh(signal);
  while (display.framebuffer.blank);
  return captureNow(display.framebuffer, options);
};

/**
 * Takes a picture of the screen, pointer included unless `cursor` is false: what was on it at the time of the call is in it. `region` in pixels of the screen, `scale` on top of
 * it. Callers who ask for the same at the same time share the work, and one encode serves all until the screen changes.
 *
 * Errors: invalid_request (a region beyond the screen, with the screen's bounds; an image that would be too large), display_unavailable; `signal` ends the wait.
 */
export const takePicture = async (display: Display, options: PictureOptions, signal: AbortSignal): Promise<TakenPicture> => {
  const { encode: encodeNow, ...picture } = await capture(display, options, signal);
  return { ...picture, data: await encodeNow() };
};
