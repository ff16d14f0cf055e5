/**
 * Frames of process output on the guest link: type (1 byte), payload length (4 bytes, big endian), payload.
 * A reader refuses a length over MAX_FRAME before it allocates anything.
 */
export const FRAME = { stdout: 1, stderr: 2, exit: 3 } as const;
export type FrameType = (typeof FRAME)[keyof typeof FRAME];
export const MAX_FRAME = 256 * 1024;
const HEADER = 5;

export interface Frame {
  type: FrameType;
  payload: Buffer;
}

/** One frame; a payload over MAX_FRAME is the caller's error. */
export const encodeFrame = (type: FrameType, payload: Buffer): Buffer => {
  if (payload.length > MAX_FRAME) throw new RangeError(`frame payload of ${payload.length} bytes is over ${MAX_FRAME}`);
  const frame = Buffer.allocUnsafe(HEADER + payload.length);
  frame.writeUInt8(type, 0);
  frame.writeUInt32BE(payload.length, 1);
  payload.copy(frame, HEADER);
  return frame;
};

/** Reads frames from chunks of bytes. Throws RangeError on an unknown type or a length over MAX_FRAME. */
export class FrameReader {
  #pending = Buffer.alloc(0);

  *push(chunk: Buffer): Generator<Frame> {
    let data = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk;
    while (data.length >= HEADER) {
      const type = data.readUInt8(0);
      const length = data.readUInt32BE(1);
      if (type < FRAME.stdout || type > FRAME.exit) throw new RangeError(`unknown frame type ${type}`);
      if (length > MAX_FRAME) throw new RangeError(`frame length ${length} is over ${MAX_FRAME}`);
      if (data.length < HEADER + length) break;
      yield { type: type as FrameType, payload: data.subarray(HEADER, HEADER + length) };
      data = data.subarray(HEADER + length);
    }
    this.#pending = Buffer.from(data);
  }

  /** True when the stream may end here. */
  get atBoundary(): boolean {
    return this.#pending.length === 0;
  }
}
