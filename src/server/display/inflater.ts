import { constants, createInflate } from "node:zlib";

/**
 * One zlib stream that comes in parts, as ZRLE's does for the life of a connection. What comes out of it is given in pieces of up to 64 KiB; inflating goes on
 * only as they are taken, so that a bomb costs no memory.
 */
export class Inflater {
  readonly #zlib = createInflate({ chunkSize: 64 * 1024, flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH });
  #wake: () => void = () => {};
  #failure: Error | null = null;

  constructor() {
    const wake = () => this.#wake();
    this.#zlib.on("readable", wake);
    this.#zlib.once("error", (error) => {
      this.#failure = new Error(`the display's zlib data is damaged: ${error.message}`);
    });
    this.#zlib.once("close", () => {
      this.#failure ??= new Error("the display's zlib stream has ended");
      wake();
    });
  }

  /** All that comes of a part. Throws when it is not zlib data. */
  async *inflate(part: Buffer): AsyncGenerator<Buffer> {
    let taken = false;
    this.#zlib.write(part, () => {
      taken = true;
      this.#wake();
    });
    for (;;) {
      const piece: Buffer | null = this.#zlib.read();
      if (piece) yield piece;
      else if (this.#failure) throw this.#failure;
      else if (taken) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }

  close(): void {
    this.#zlib.destroy();
  }
}
