import type { ByteReader } from "./byte-reader.ts";
import type { Framebuffer, Rectangle } from "./framebuffer.ts";
import { Zrle } from "./zrle.ts";

const ENCODING = { raw: 0, copyRect: 1, zrle: 16, desktopSize: -223, lastRect: -224, cursor: -239, extraButtons: -316 } as const;
const FENCE = -312;
const EXTENDED_CLIPBOARD = 0xc0a1e5ce | 0;
const MAX_CURSOR_SIDE = 512;

/** The pointer's picture, when the server leaves it to us to draw it. */
export interface Cursor {
  width: number;
  height: number;
  hotX: number;
  hotY: number;
}

/** What a client asks for. Pixels come in the first encoding, and in the others where the server likes. */
export interface Wanted {
  pixels: "raw" | "zrle";
  /** Leave the pointer out of the picture. */
  withoutPointer: boolean;
}

/**
 * The encodings for SetEncodings. Without a cursor encoding the server draws the pointer into the picture. The plain desktop size is asked for rather than the
 * extended one, with which the server answers each whole request with a size alone.
 */
export const encodings = ({ pixels, withoutPointer }: Wanted): number[] => [
  ...(pixels === "zrle" ? [ENCODING.zrle, ENCODING.copyRect, ENCODING.raw] : [ENCODING.raw, ENCODING.copyRect]),
  ENCODING.desktopSize,
  ENCODING.lastRect,
  ENCODING.extraButtons,
  FENCE,
  EXTENDED_CLIPBOARD,
  ...(withoutPointer ? [ENCODING.cursor] : []),
];

/** One framebuffer update, after it was drawn. */
export interface Update {
  /** What was drawn, in the order it came. */
  rectangles: Rectangle[];
  resized: boolean;
}

/** Draws framebuffer updates (RFC 6143 section 7.6.1). It throws at whatever it does not understand. */
export class UpdateReader {
  readonly #reader: ByteReader;
  readonly #framebuffer: Framebuffer;
  readonly #zrle = new Zrle();
  readonly #wanted: Wanted;
  /** The server takes pointer events with buttons 7 and 8. */
  extraButtons = false;
  cursor: Cursor | null = null;

  constructor(reader: ByteReader, framebuffer: Framebuffer, wanted: Wanted) {
    this.#reader = reader;
    this.#framebuffer = framebuffer;
    this.#wanted = wanted;
  }

  close(): void {
    this.#zrle.close();
  }

  /** Reads and draws an update, from after its type. */
  async read(): Promise<Update> {
    const count = (await this.#reader.read(3)).readUInt16BE(1);
    const update: Update = { rectangles: [], resized: false };
    for (let i = 0; i < count; i++) {
      const head = await this.#reader.read(12);
      const [x, y, width, height] = [0, 2, 4, 6].map((at) => head.readUInt16BE(at)) as [number, number, number, number];
      const encoding = head.readInt32BE(8);
      if (encoding === ENCODING.lastRect) break;
      if (encoding === ENCODING.desktopSize) this.#resize(width, height, update);
      else if (encoding === ENCODING.extraButtons) this.extraButtons = true;
      else if (encoding === ENCODING.cursor && this.#wanted.withoutPointer) await this.#cursor(x, y, width, height);
      else await this.#draw({ x, y, width, height }, encoding, update);
    }
    return update;
  }

  #resize(width: number, height: number, update: Update): void {
    // Each new size is an allocation: a server gets one in an update, not thousands.
    if (update.resized) throw new Error("the display changed its size twice at once");
    update.resized = true;
    update.rectangles = [];
    this.#framebuffer.resize(width, height);
  }

  async #cursor(hotX: number, hotY: number, width: number, height: number): Promise<void> {
    if (width > MAX_CURSOR_SIDE || height > MAX_CURSOR_SIDE) throw new Error(`the display sent a pointer of ${width}x${height}`);
    await this.#reader.skip(width * height * 4 + Math.ceil(width / 8) * height);
    this.cursor = { hotX, hotY, width, height };
  }

  async #draw(rectangle: Rectangle, encoding: number, update: Update): Promise<void> {
    this.#framebuffer.check(rectangle);
    if (encoding === ENCODING.raw) {
      let from = 0;
      for await (const piece of this.#reader.pieces(rectangle.width * rectangle.height * 4)) {
        this.#framebuffer.drawRaw(rectangle, from, piece);
        from += piece.length;
      }
    } else if (encoding === ENCODING.copyRect) {
      const source = await this.#reader.read(4);
      const [x, y] = [source.readUInt16BE(0), source.readUInt16BE(2)];
      this.#framebuffer.check({ ...rectangle, x, y });
      this.#framebuffer.copy(rectangle, x, y);
    } else if (encoding === ENCODING.zrle) await this.#zrle.draw(rectangle, this.#reader, this.#framebuffer);
    else throw new Error(`the display sent encoding ${encoding}, which was not asked for`);
    update.rectangles.push(rectangle);
  }
}
