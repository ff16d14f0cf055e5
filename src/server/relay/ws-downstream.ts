import { Transform, type TransformCallback } from "node:stream";
import { closeFrame, FrameScanner } from "./ws-frames.ts";

/**
 * The guest's server to its client: passes the bytes on untouched and knows where a frame ends, so that the service can say goodbye when the server did not.
 */
export class WsDownstream extends Transform {
  readonly #scanner = new FrameScanner({ masked: false, maxMessage: Number.MAX_SAFE_INTEGER });
  /** What the close frame says, when one is needed. */
  goodbye: { code: number; reason: string };

  /** `ended`: what is said when it is the server that broke off. */
  constructor(ended: string) {
    super();
    this.goodbye = { code: 1001, reason: ended };
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    try {
      for (const _piece of this.#scanner.scan(chunk));
      done(null, chunk);
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    const needed = this.#scanner.atBoundary && !this.#scanner.closed;
    done(null, needed ? closeFrame(this.goodbye.code, this.goodbye.reason) : undefined);
  }
}
