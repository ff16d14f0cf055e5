import type { Readable } from "node:stream";

/** Reads exact numbers of bytes from a stream. What it allocates is what the caller asks for, so the caller bounds it. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#chunks.next();
    if (done) throw new Error("the display hung up");
    this.#rest = value;
  }

  /** Gives `size` bytes in pieces, as they come. Throws when the stream ends first. */
  async *pieces(size: number): AsyncGenerator<Buffer> {
    for (let left = size; left > 0; ) {
      if (this.#rest.length === 0) await this.#more();
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  async read(size: number): Promise<Buffer> {
    if (this.#rest.length >= size) {
      const bytes = this.#rest.subarray(0, size);
      this.#rest = this.#rest.subarray(size);
      return bytes;
    }
    const bytes = Buffer.allocUnsafe(size);
    let at = 0;
    for await (const piece of this.pieces(size)) at += piece.copy(bytes, at);
    return bytes;
  }

  async skip(size: number): Promise<void> {
    for await (const _ of this.pieces(size));
  }
}
