import type { ByteReader } from "./byte-reader.ts";

const MAX_SIDE = 8192;
const BYTES_PER_PIXEL = 4;

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The pixels of a screen, 4 bytes each: R, G, B, unused. */
export class Framebuffer {
  #width = 0;
  #height = 0;
  #pixels: Buffer = Buffer.alloc(0);

  constructor(width: number, height: number) {
    this.resize(width, height);
  }

  get width(): number {
    return this.#width;
  }

  get height(): number {
    return this.#height;
  }

  get pixels(): Buffer {
    return this.#pixels;
  }

  /** Takes a new size and forgets the picture. Throws on a size no screen has. */
  resize(width: number, height: number): void {
    if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE) throw new Error(`the display says it is ${width}x${height}`);
    this.#pixels = Buffer.alloc(width * height * BYTES_PER_PIXEL);
    this.#width = width;
    this.#height = height;
  }

  /** Draws a rectangle of raw pixels as they come. Returns how many pixels it has. */
  async drawRaw({ x, y, width, height }: Rectangle, reader: ByteReader): Promise<number> {
    if (x + width > this.#width || y + height > this.#height) throw new Error("the display drew outside of its screen");
    const row = width * BYTES_PER_PIXEL;
    let done = 0;
    for await (const piece of reader.pieces(row * height)) {
      for (let at = 0; at < piece.length; ) {
        const [line, column] = [Math.floor(done / row), done % row];
        const target = ((y + line) * this.#width + x) * BYTES_PER_PIXEL + column;
        const copied = piece.copy(this.#pixels, target, at, at + row - column);
        at += copied;
        done += copied;
      }
    }
    return width * height;
  }
}
