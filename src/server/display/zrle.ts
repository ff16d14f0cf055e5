import type { ByteReader } from "./byte-reader.ts";
import type { Framebuffer, Rectangle } from "./framebuffer.ts";
import { Inflater } from "./inflater.ts";

const TILE = 64;
/** Bytes of the longest tile: a palette of 127 colours, then a run of four bytes for each pixel. */
const MAX_TILE = 1 + 127 * 3 + TILE * TILE * 4;
/** Compressed bytes that a rectangle may have, beyond those of its pixels. */
const SLACK = 64 * 1024;

/** ZRLE (RFC 6143 section 7.7.6) for pixels whose three colours are the low bytes of a little-endian number. */
export class Zrle {
  readonly #inflater = new Inflater();
  readonly #palette = new Uint32Array(128);
  /** Inflated bytes not drawn yet, less than a tile, and room for the next piece. */
  readonly #bytes = Buffer.alloc(MAX_TILE + 64 * 1024);
  #at = 0;
  #end = 0;

  close(): void {
    this.#inflater.close();
  }

  /** Reads a rectangle that lies on the screen and draws it. Memory is bounded whatever is read; throws when it is not ZRLE. */
  async draw(rectangle: Rectangle, reader: ByteReader, framebuffer: Framebuffer): Promise<void> {
    const { width, height } = rectangle;
    const length = (await reader.read(4)).readUInt32BE(0);
    if (length > width * height * 4 + SLACK) throw new Error(`the display sent ${length} bytes for ${width}x${height} pixels`);
    const tiles = Math.ceil(width / TILE) * Math.ceil(height / TILE);
    let tile = 0;
    this.#at = this.#end = 0;
    for await (const part of reader.pieces(length))
      for await (const piece of this.#inflater.inflate(part)) {
        this.#take(piece);
        while (tile < tiles && this.#end - this.#at >= MAX_TILE) this.#drawTile(rectangle, tile++, framebuffer);
        if (tile === tiles && this.#end > this.#at) throw new Error("the display sent more ZRLE data than the rectangle has tiles");
      }
    while (tile < tiles) this.#drawTile(rectangle, tile++, framebuffer);
    if (this.#at !== this.#end) throw new Error("the display sent ZRLE data that does not fit its rectangle");
  }

  #take(piece: Buffer): void {
    this.#bytes.copyWithin(0, this.#at, this.#end);
    this.#end -= this.#at;
    this.#at = 0;
    this.#end += piece.copy(this.#bytes, this.#end);
  }

  #drawTile(rectangle: Rectangle, index: number, framebuffer: Framebuffer): void {
    const across = Math.ceil(rectangle.width / TILE);
    const left = (index % across) * TILE;
    const top = Math.floor(index / across) * TILE;
    const width = Math.min(TILE, rectangle.width - left);
    const height = Math.min(TILE, rectangle.height - top);
    const start = (rectangle.y + top) * framebuffer.width + rectangle.x + left;
    const kind = this.#bytes[this.#at++] as number;
    const area: Area = { words: framebuffer.words, start, width, height, stride: framebuffer.width };
    if (kind === 0) this.#raw(area);
    else if (kind === 1) this.#solid(area);
    else if (kind <= 16) this.#packed(area, kind);
    else if (kind === 128) this.#runs(area);
    else if (kind >= 130) this.#paletteRuns(area, kind - 128);
    else throw new Error(`the display sent a ZRLE tile of unknown kind ${kind}`);
    // Bytes after the end read as what was there before; this is where a tile that was cut off is noticed.
    if (this.#at > this.#end) throw new Error("the display sent a ZRLE tile that is cut off");
  }

  #colour(): number {
    const bytes = this.#bytes;
    const at = this.#at;
    this.#at = at + 3;
    return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
  }

  #readPalette(size: number): Uint32Array {
    for (let i = 0; i < size; i++) this.#palette[i] = this.#colour();
    return this.#palette;
  }

  #raw({ words, start, width, height, stride }: Area): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let y = 0, row = start; y < height; y++, row += stride)
      for (let x = row; x < row + width; x++, at += 3)
        words[x] = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
    this.#at = at;
  }

  #solid({ words, start, width, height, stride }: Area): void {
    const colour = this.#colour();
    for (let y = 0, row = start; y < height; y++, row += stride) words.fill(colour, row, row + width);
  }

  #packed({ words, start, width, height, stride }: Area, size: number): void {
    const palette = this.#readPalette(size);
    const bits = size === 2 ? 1 : size <= 4 ? 2 : 4;
    const mask = (1 << bits) - 1;
    for (let y = 0, row = start; y < height; y++, row += stride) {
      let byte = 0;
      for (let x = 0, shift = 0; x < width; x++) {
        if (shift === 0) {
          byte = this.#bytes[this.#at++] as number;
          shift = 8;
        }
        shift -= bits;
        const index = (byte >> shift) & mask;
        if (index >= size) throw new Error("the display used a colour that its palette does not have");
        words[row + x] = palette[index] as number;
      }
    }
  }

  #runs(area: Area): void {
    const total = area.width * area.height;
    for (let done = 0; done < total; ) {
      const colour = this.#colour();
      done = fill(area, done, this.#length(), colour);
    }
  }

  #paletteRuns(area: Area, size: number): void {
    const palette = this.#readPalette(size);
    const total = area.width * area.height;
    for (let done = 0; done < total; ) {
      const byte = this.#bytes[this.#at++] as number;
      const index = byte & 127;
      if (index >= size) throw new Error("the display used a colour that its palette does not have");
      done = fill(area, done, byte > 127 ? this.#length() : 1, palette[index] as number);
    }
  }

  #length(): number {
    let length = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined || length > TILE * TILE) throw new Error("the display sent a run that has no end");
      length += byte;
      if (byte < 255) return length;
    }
  }
}

interface Area {
  words: Uint32Array;
  start: number;
  width: number;
  height: number;
  stride: number;
}

/** Draws a run from the area's pixel `done` on, over the ends of its rows. Answers where it ends. */
const fill = ({ words, start, width, height, stride }: Area, done: number, length: number, colour: number): number => {
  const end = done + length;
  if (end > width * height) throw new Error("the display sent a run that is longer than its tile");
  for (let at = done; at < end; ) {
    const column = at % width;
    const count = Math.min(width - column, end - at);
    const target = start + ((at - column) / width) * stride + column;
    if (count === 1) words[target] = colour;
    else words.fill(colour, target, target + count);
    at += count;
  }
  return end;
};
