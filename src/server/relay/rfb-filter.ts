import { Transform, type TransformCallback } from "node:stream";
import { keptEncodings } from "./rfb-encodings.ts";

/** The client said something that no RFB client may say here. */
export class RfbViolation extends Error {
  override readonly name = "RfbViolation";
}

/** Clipboard text a client may send at once; what TigerVNC takes is less. */
const MAX_CUT_TEXT = 1024 * 1024;
const MAX_ENCODINGS = 1024;
const MAX_FENCE = 64;

interface MessageKind {
  /** Bytes that tell the message's length. */
  header: number;
  /** Whole length, from at least `header` bytes. */
  size: (bytes: Buffer) => number;
  /** It acts on the computer, so a viewer may not send it. */
  acts?: true;
  rewrite?: (message: Buffer) => Buffer;
}

const bounded = (length: number, max: number, what: string): number => {
  if (length > max) throw new RfbViolation(`${what} of ${length} is over ${max}`);
  return length;
};

/** Client messages by type: RFC 6143 section 7.5 and the community's extensions. Extended clipboard messages have a negative length. */
const MESSAGES: Readonly<Record<number, MessageKind>> = {
  0: { header: 1, size: () => 20 },
  2: { header: 4, size: (b) => 4 + 4 * bounded(b.readUInt16BE(2), MAX_ENCODINGS, "a count of encodings"), rewrite: keptEncodings },
  3: { header: 1, size: () => 10 },
  4: { header: 1, size: () => 8, acts: true },
  5: { header: 1, size: () => 6, acts: true },
  6: { header: 8, size: (b) => 8 + bounded(Math.abs(b.readInt32BE(4)), MAX_CUT_TEXT, "a clipboard text"), acts: true },
  150: { header: 1, size: () => 10 },
  248: { header: 9, size: (b) => 9 + bounded(b.readUInt8(8), MAX_FENCE, "a fence") },
  250: { header: 1, size: () => 4, acts: true },
  251: { header: 7, size: (b) => 8 + 16 * b.readUInt8(6), acts: true },
  255: {
    header: 2,
    size: (b) => {
      if (b[1] !== 0) throw new RfbViolation(`QEMU message ${b[1]} is not taken`);
      return 12;
    },
    acts: true,
  },
};

const SECURITY_NONE = 1;
const SHARED = Buffer.from([1]);

/**
 * Client-to-server half of an RFB connection: lets known messages pass, in view-only mode without those that act on the computer, and fails
 * with RfbViolation on anything else, since what follows an unknown message cannot be told apart. Chunks may be cut anywhere.
 */
export class RfbClientFilter extends Transform {
  readonly #viewOnly: boolean;
  #stage: "version" | "security" | "init" | "messages" = "version";
  /** The beginning of something whose length is not known yet, or that is changed as a whole: never more than 4 + 4 * MAX_ENCODINGS bytes. */
  #held = Buffer.alloc(0);
  /** Bytes of the present message still to come, and whether they pass. */
  #left = 0;
  #pass = false;

  constructor({ viewOnly }: { viewOnly: boolean }) {
    super();
    this.#viewOnly = viewOnly;
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    const out: Buffer[] = [];
    try {
      let data = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
      for (let used = -1; used !== 0 && data.length > 0; data = data.subarray(used)) used = this.#step(data, out);
      this.#held = Buffer.from(data);
    } catch (error) {
      done(error as Error);
      return;
    }
    done(null, out.length > 0 ? Buffer.concat(out) : undefined);
  }

  /** Takes what it can from the front of `data`; returns how many bytes, 0 when more are needed. */
  #step(data: Buffer, out: Buffer[]): number {
    if (this.#left > 0) return this.#stream(data, out);
    if (this.#stage === "messages") return this.#message(data, out);
    return this.#handshake(data, out);
  }

  #stream(data: Buffer, out: Buffer[]): number {
    const bytes = data.subarray(0, this.#left);
    this.#left -= bytes.length;
    if (this.#pass) out.push(bytes);
    return bytes.length;
  }

  #handshake(data: Buffer, out: Buffer[]): number {
    if (this.#stage === "version") {
      if (data.length < 12) return 0;
      const version = data.toString("latin1", 0, 12);
      // 3.3 has another handshake, and Chromium's noVNC speaks 3.8.
      if (version !== "RFB 003.008\n" && version !== "RFB 003.007\n") throw new RfbViolation("only RFB 3.7 and 3.8 are spoken here");
      out.push(data.subarray(0, 12));
      this.#stage = "security";
      return 12;
    }
    if (this.#stage === "security") {
      if (data[0] !== SECURITY_NONE) throw new RfbViolation(`security type ${data[0]} is not offered`);
      out.push(data.subarray(0, 1));
      this.#stage = "init";
      return 1;
    }
    // Always shared: one viewer does not push out another.
    out.push(SHARED);
    this.#stage = "messages";
    return 1;
  }

  #message(data: Buffer, out: Buffer[]): number {
    const kind = MESSAGES[data[0]!];
    if (!kind) throw new RfbViolation(`message type ${data[0]} is not known`);
    if (data.length < kind.header) return 0;
    const size = kind.size(data);
    if (kind.rewrite) {
      if (data.length < size) return 0;
      out.push(kind.rewrite(data.subarray(0, size)));
      return size;
    }
    this.#left = size;
    this.#pass = !(this.#viewOnly && kind.acts);
    return this.#stream(data, out);
  }
}
