const MAX_SIDE = 8192;
/** Those of the largest viewport, and some. */
const MAX_PIXELS = 36_000_000;
const BYTES_PER_PIXEL = 4;

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The pixels of a screen, 4 bytes each: R, G, B, unused. The only copy of them: what is drawn is drawn in place. */
export class Framebuffer {
  #width = 0;
  #height = 0;
  #pixels: Buffer = Buffer.alloc(0);
  #words = new Uint32Array(0);
  #version = 0;
  /** It has a size, and nothing of the screen yet. */
  blank = false;

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

  /** The same memory, a number for each pixel: R + G * 2^8 + B * 2^16. */
  get words(): Uint32Array {
    return this.#words;
  }

  /** Another number after each change of the picture. */
  get version(): number {
    return this.#version;
  }

  /** Says that the picture has changed. */
  touch(): void {
    this.#version++;
  }

  /** Takes a new size and forgets the picture. Throws on a size no screen has. */
  resize(width: number, height: number): void {
    if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS)
      throw new Error(`the display says it is ${width}x${height}`);
    this.#words = new Uint32Array(width * height);
    this.#pixels = Buffer.from(this.#words.buffer);
    this.#width = width;
    this.#height = height;
    this.#version++;
  }

  /** Throws when a rectangle does not lie on the screen. */
  check({ x, y, width, height }: Rectangle): void {
    if (x + width > this.#width || y + height > this.#height) throw new Error("the display drew outside of its screen");
  }

  /** Draws bytes of a rectangle that lies on the screen, from its byte `from` on. */
  drawRaw({ x, y, width }: Rectangle, from: number, bytes: Buffer): void {
    const row = width * BYTES_PER_PIXEL;
    if (width === this.#width) {
      bytes.copy(this.#pixels, y * row + from);
      return;
    }
    for (let at = 0, done = from; at < bytes.length; ) {
      const column = done % row;
      const target = ((y + (done - column) / row) * this.#width + x) * BYTES_PER_PIXEL + column;
      const copied = bytes.copy(this.#pixels, target, at, at + row - column);
      at += copied;
      done += copied;
    }
  }

  /** Draws a rectangle as a copy of another one of its size, which it may overlap. Both lie on the screen. */
  copy({ x, y, width, height }: Rectangle, fromX: number, fromY: number): void {
    for (let i = 0; i < height; i++) {
      // Downwards from the last row on, so that no row is overwritten before it was copied.
      const row = fromY < y ? height - 1 - i : i;
      const from = (fromY + row) * this.#width + fromX;
      this.#words.copyWithin((y + row) * this.#width + x, from, from + width);
    }
  }

  /** A copy of a rectangle that lies on the screen, 3 bytes a pixel: in the unused one programs leave what they like. */
  crop({ x, y, width, height }: Rectangle): Buffer {
    const words = this.#words;
    const copy = Buffer.allocUnsafeSlow(width * height * 3);
    for (let row = 0, to = 0, from = y * this.#width + x; row < height; row++, from += this.#width)
      for (let at = from; at < from + width; at++) {
        const pixel = words[at] as number;
        copy[to++] = pixel;
        copy[to++] = pixel >>> 8;
        copy[to++] = pixel >>> 16;
      }
    return copy;
  }
}
