/** WebSocket frames (RFC 6455), read from a byte stream without holding more than one header. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A peer broke the protocol; `code` is what a close frame says of it. */
export class WsViolation extends Error {
  override readonly name = "WsViolation";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export interface FrameHead {
  fin: boolean;
  opcode: number;
  length: number;
  mask: Buffer | null;
}

/** A run of bytes of one frame: its header when `first`, then its payload in as many pieces as it came in. */
export interface FramePiece {
  head: FrameHead;
  bytes: Buffer;
  first: boolean;
  last: boolean;
}

/** XORs in place, which masks and unmasks. */
export const applyMask = (payload: Buffer, mask: Buffer): Buffer => {
  for (let i = 0; i < payload.length; i++) payload[i]! ^= mask[i & 3]!;
  return payload;
};

/** One whole, final frame. */
export const encodeFrame = (opcode: number, payload: Buffer, mask: Buffer | null = null): Buffer => {
  const bit = mask ? 0x80 : 0;
  let head: Buffer;
  if (payload.length < 126) head = Buffer.from([0x80 | opcode, bit | payload.length]);
  else if (payload.length < 65536) {
    head = Buffer.from([0x80 | opcode, bit | 126, 0, 0]);
    head.writeUInt16BE(payload.length, 2);
  } else {
    head = Buffer.alloc(10);
    head.set([0x80 | opcode, bit | 127]);
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  return mask ? Buffer.concat([head, mask, applyMask(Buffer.from(payload), mask)]) : Buffer.concat([head, payload]);
};

/** A close frame; `reason` is cut to what fits. */
export const closeFrame = (code: number, reason: string): Buffer => {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return encodeFrame(OPCODE.close, Buffer.concat([payload, Buffer.from(reason.slice(0, 60))]));
};

const headerSize = (second: number): number =>
  2 + ((second & 0x7f) === 126 ? 2 : (second & 0x7f) === 127 ? 8 : 0) + (second & 0x80 ? 4 : 0);

/** Follows the frames of one direction. Throws WsViolation. */
export class FrameScanner {
  readonly #masked: boolean;
  readonly #maxMessage: number;
  readonly #header = Buffer.alloc(14);
  #have = 0;
  #head: FrameHead | null = null;
  #left = 0;
  /** Payload bytes of the message so far, or null between messages. */
  #message: number | null = null;
  #closed = false;

  constructor({ masked, maxMessage }: { masked: boolean; maxMessage: number }) {
    this.#masked = masked;
    this.#maxMessage = maxMessage;
  }

  /** True when no frame has been begun. */
  get atBoundary(): boolean {
    return this.#head === null && this.#have === 0;
  }

  /** True once a close frame has begun. */
  get closed(): boolean {
    return this.#closed;
  }

  *scan(chunk: Buffer): Generator<FramePiece> {
    for (let at = 0; at < chunk.length; ) {
      if (this.#head) {
        const bytes = chunk.subarray(at, at + this.#left);
        at += bytes.length;
        yield this.#payload(this.#head, bytes);
        continue;
      }
      const wanted = this.#have < 2 ? 2 : headerSize(this.#header[1]!);
      const taken = chunk.copy(this.#header, this.#have, at, at + wanted - this.#have);
      at += taken;
      this.#have += taken;
      if (this.#have < 2 || this.#have < headerSize(this.#header[1]!)) continue;
      const bytes = Buffer.from(this.#header.subarray(0, this.#have));
      const head = this.#parse(bytes);
      this.#have = 0;
      this.#left = head.length;
      this.#head = head.length > 0 ? head : null;
      yield { head, bytes, first: true, last: head.length === 0 };
    }
  }

  #payload(head: FrameHead, bytes: Buffer): FramePiece {
    this.#left -= bytes.length;
    if (this.#left === 0) this.#head = null;
    return { head, bytes, first: false, last: this.#left === 0 };
  }

  #parse(header: Buffer): FrameHead {
    const [first, second] = [header[0]!, header[1]!];
    const opcode = first & 0x0f;
    const fin = (first & 0x80) !== 0;
    const masked = (second & 0x80) !== 0;
    const short = second & 0x7f;
    if (first & 0x70) throw new WsViolation(1002, "a reserved bit is set");
    if (masked !== this.#masked) throw new WsViolation(1002, masked ? "the frame is masked" : "the frame is not masked");
    const long = short === 127 ? header.readBigUInt64BE(2) : BigInt(short === 126 ? header.readUInt16BE(2) : short);
    if ((short === 126 && long < 126n) || (short === 127 && long < 65536n))
      throw new WsViolation(1002, "the length is not in its shortest form");
    if (long > BigInt(this.#maxMessage)) throw new WsViolation(1009, "the message is too long");
    const length = Number(long);
    this.#follow(opcode, fin, length);
    return { fin, opcode, length, mask: masked ? header.subarray(header.length - 4) : null };
  }

  /** The rules of fragments and control frames. */
  #follow(opcode: number, fin: boolean, length: number): void {
    if (opcode >= OPCODE.close && opcode <= OPCODE.pong) {
      if (!fin || length > 125) throw new WsViolation(1002, "a control frame is fragmented or too long");
      if (opcode === OPCODE.close) this.#closed = true;
      return;
    }
    if (opcode > OPCODE.binary) throw new WsViolation(1002, "the opcode is unknown");
    if ((opcode === OPCODE.continuation) !== (this.#message !== null)) throw new WsViolation(1002, "the fragments are out of order");
    const size = (this.#message ?? 0) + length;
    if (size > this.#maxMessage) throw new WsViolation(1009, "the message is too long");
    this.#message = fin ? null : size;
  }
}
