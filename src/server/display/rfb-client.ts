import type { Duplex } from "node:stream";
import { ByteReader } from "./byte-reader.ts";
import { Framebuffer } from "./framebuffer.ts";
import { SET_PIXEL_FORMAT_RGBX, setEncodings, updateRequest } from "./rfb-messages.ts";

const VERSION = "RFB 003.008\n";
const SECURITY_NONE = 1;
const MAX_TEXT = 1024 * 1024;
const MAX_REASON = 4096;

const ENCODING = { raw: 0, desktopSize: -223, lastRect: -224 } as const;
/** No cursor encoding: the server then draws the pointer into the picture. */
const ENCODINGS = [ENCODING.raw, ENCODING.desktopSize, ENCODING.lastRect];

const bounded = (length: number, max: number, what: string): number => {
  if (length > max) throw new Error(`the display sent a ${what} of ${length} bytes`);
  return length;
};

/**
 * A client of one VNC server (RFB 3.8, no authentication, Raw encoding) that keeps a copy of its screen. The server is hostile: every length is
 * checked before anything is allocated for it. A call fails with an Error when the server breaks the protocol or hangs up; the stream's
 * owner ends a wait by destroying the stream.
 */
export class RfbClient {
  readonly #stream: Duplex;
  readonly #reader: ByteReader;
  readonly framebuffer: Framebuffer;

  private constructor(stream: Duplex, reader: ByteReader, framebuffer: Framebuffer) {
    this.#stream = stream;
    this.#reader = reader;
    this.framebuffer = framebuffer;
  }

  static async connect(stream: Duplex): Promise<RfbClient> {
    const reader = new ByteReader(stream);
    const version = (await reader.read(12)).toString("latin1");
    if (version !== VERSION) throw new Error("the display does not speak RFB 3.8");
    stream.write(VERSION);
    const types = await reader.read((await reader.read(1))[0]!);
    if (types.length === 0) throw new Error(`the display refused: ${await readReason(reader)}`);
    if (!types.includes(SECURITY_NONE)) throw new Error("the display wants a password");
    stream.write(Buffer.from([SECURITY_NONE]));
    if ((await reader.read(4)).readUInt32BE(0) !== 0) throw new Error(`the display refused: ${await readReason(reader)}`);
    const shared = 1;
    stream.write(Buffer.from([shared]));
    const init = await reader.read(24);
    await reader.skip(bounded(init.readUInt32BE(20), MAX_TEXT, "name"));
    stream.write(Buffer.concat([SET_PIXEL_FORMAT_RGBX, setEncodings(ENCODINGS)]));
    return new RfbClient(stream, reader, new Framebuffer(init.readUInt16BE(0), init.readUInt16BE(2)));
  }

  /** Brings the framebuffer up to date with the whole screen, whatever its size is by then. */
  async refresh(): Promise<void> {
    // A new size comes instead of pixels, and then the screen is asked for again.
    for (let attempts = 0; attempts < 8; attempts++) {
      const { width, height } = this.framebuffer;
      this.#stream.write(updateRequest(width, height));
      const drawn = await this.#readUpdate();
      if (drawn >= width * height && width === this.framebuffer.width && height === this.framebuffer.height) return;
    }
    throw new Error("the display never sent the whole screen");
  }

  close(): void {
    this.#stream.destroy();
  }

  /** Reads messages up to and with the next framebuffer update. Returns the number of pixels drawn. */
  async #readUpdate(): Promise<number> {
    for (;;) {
      const type = (await this.#reader.read(1))[0]!;
      if (type === 0) return this.#readRectangles();
      await this.#skipMessage(type);
    }
  }

  async #readRectangles(): Promise<number> {
    const count = (await this.#reader.read(3)).readUInt16BE(1);
    let drawn = 0;
    let resized = false;
    for (let i = 0; i < count; i++) {
      const head = await this.#reader.read(12);
      const [x, y, width, height] = [0, 2, 4, 6].map((at) => head.readUInt16BE(at)) as [number, number, number, number];
      const encoding = head.readInt32BE(8);
      if (encoding === ENCODING.lastRect) break;
      if (encoding === ENCODING.desktopSize) {
        // Each new size is an allocation: a server gets one in an update, not thousands.
        if (resized) throw new Error("the display changed its size twice at once");
        resized = true;
        this.framebuffer.resize(width, height);
      } else if (encoding === ENCODING.raw) drawn += await this.framebuffer.drawRaw({ x, y, width, height }, this.#reader);
      else throw new Error(`the display sent encoding ${encoding}, which was not asked for`);
    }
    return drawn;
  }

  async #skipMessage(type: number): Promise<void> {
    if (type === 1) return this.#reader.skip(6 * (await this.#reader.read(5)).readUInt16BE(3));
    if (type === 2) return;
    if (type === 3) return this.#reader.skip(bounded((await this.#reader.read(7)).readUInt32BE(3), MAX_TEXT, "clipboard text"));
    throw new Error(`the display sent a message of unknown type ${type}`);
  }
}

const readReason = async (reader: ByteReader): Promise<string> => {
  const length = bounded((await reader.read(4)).readUInt32BE(0), MAX_REASON, "reason");
  return (await reader.read(length)).toString("utf8");
};
