import { Transform, type TransformCallback } from "node:stream";

/**
 * QEMU's migration stream, version 3, as far as memory goes: sections of pages come first and the devices, which are passed on as they are, after them. Source:
 * QEMU 7.2, migration/savevm.c and migration/ram.c.
 */
const MAGIC = 0x5145564d;
const VERSION = 3;
const SECTION = { start: 1, part: 2, end: 3, full: 4, subsection: 5, configuration: 7, footer: 0x7e } as const;
/** In the low bits of a page's offset. */
const FLAG = { zero: 0x02, memSize: 0x04, page: 0x08, eos: 0x10, continues: 0x20 } as const;
const FLAG_MASK = 0xfff;
const PAGE = 4096;

/** The stream is not one that this knows; the state can still be kept whole. */
export class UnknownStream extends Error {}

/** Thrown when a token has not come whole yet. */
const MORE = Symbol("more");

/** What the memory held before. */
export interface BaseMemory {
  /** Bytes of the block that is the guest's memory. */
  size: number;
  /** Whether the page at `offset` is the one that begins at `from` in `data`. Pages are asked for in rising order. */
  isAt(offset: number, data: Buffer, from: number): boolean;
}

const ZERO_PAGE = Buffer.alloc(PAGE);
/** Fresh memory. */
export const zeroMemory = (size: number): BaseMemory => ({
  size,
  isAt: (_, data, from) => data.compare(ZERO_PAGE, 0, PAGE, from, from + PAGE) === 0,
});

class Cursor {
  readonly data: Buffer;
  at = 0;

  constructor(data: Buffer) {
    this.data = data;
  }

  /** Moves over `length` bytes and answers where they begin. */
  skip(length: number): number {
    const from = this.at;
    if (from + length > this.data.length) throw MORE;
    this.at = from + length;
    return from;
  }

  u8(): number {
    return this.data[this.skip(1)]!;
  }

  u32(): number {
    return this.data.readUInt32BE(this.skip(4));
  }

  /** Offsets and sizes of memory are far below 2^53. */
  u64(): number {
    const from = this.skip(8);
    return this.data.readUInt32BE(from) * 2 ** 32 + this.data.readUInt32BE(from + 4);
  }

  text(): string {
    const length = this.u8();
    const from = this.skip(length);
    return this.data.toString("latin1", from, from + length);
  }
}

type Stage = "header" | "configuration" | "section" | "ram setup" | "ram pages" | "footer" | "devices";

/**
 * Lets a state's stream pass without the pages that are as the base memory has them, so that a suspended machine keeps only what it changed. Loading it on top
 * of that same base gives the whole again. Fails with UnknownStream.
 */
export class RamFilter extends Transform {
  readonly #base: BaseMemory;
  #pending: Buffer = Buffer.alloc(0);
  #stage: Stage = "header";
  /** The block of the page that came last, which holds across sections. */
  #block = "";
  /** The block of the page that was last let pass, which a page that `continues` is in. */
  #written = "";
  readonly #sizes = new Map<string, number>();

  constructor(base: BaseMemory) {
    super({ readableHighWaterMark: 1024 * 1024, writableHighWaterMark: 1024 * 1024 });
    this.#base = base;
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    if (this.#stage === "devices") {
      done(null, chunk);
      return;
    }
    const data = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk;
    const out: Buffer[] = [];
    const cursor = new Cursor(data);
    let taken = 0;
    try {
      while (taken < data.length && (this.#stage as Stage) !== "devices") {
        if (this.#stage === "ram pages") this.#page(cursor, out);
        else this.#step(cursor, out, data);
        taken = cursor.at;
      }
    } catch (error) {
      if (error !== MORE) {
        done(error as Error);
        return;
      }
    }
    const rest = data.subarray(taken);
    if ((this.#stage as Stage) === "devices") {
      out.push(rest);
      this.#pending = Buffer.alloc(0);
    } else this.#pending = Buffer.from(rest);
    // A copy, since what was kept of the chunk may be little of it.
    done(null, out.length > 0 ? Buffer.concat(out) : undefined);
  }

  override _flush(done: TransformCallback): void {
    done(this.#stage === "devices" ? null : new UnknownStream("it ended before its devices"));
  }

  /** Reads one token and moves on; what is let pass is pushed only when the token has come whole. */
  #step(cursor: Cursor, out: Buffer[], data: Buffer): void {
    const from = cursor.at;
    const pass = () => void out.push(data.subarray(from, cursor.at));
    switch (this.#stage) {
      case "header": {
        if (cursor.u32() !== MAGIC || cursor.u32() !== VERSION) throw new UnknownStream("it is not a state of version 3");
        pass();
        this.#stage = "configuration";
        return;
      }
      case "configuration": {
        if (cursor.u8() !== SECTION.configuration) throw new UnknownStream("it has no configuration");
        cursor.skip(cursor.u32());
        pass();
        this.#stage = "section";
        return;
      }
      case "section":
        this.#section(cursor, pass);
        return;
      case "ram setup":
        this.#setup(cursor, pass);
        return;
      case "footer": {
        if (cursor.u8() !== SECTION.footer) throw new UnknownStream("a section has no footer");
        cursor.u32();
        pass();
        this.#stage = "section";
        return;
      }
      case "ram pages":
      case "devices":
        return;
    }
  }

  #section(cursor: Cursor, pass: () => void): void {
    const type = cursor.u8();
    // The first section that is not of memory, or a part of the configuration, which stands between.
    if (type === SECTION.full) {
      cursor.at -= 1;
      this.#stage = "devices";
      return;
    }
    if (type === SECTION.subsection) throw new UnknownStream("its configuration has parts that are not known");
    if (type !== SECTION.start && type !== SECTION.part && type !== SECTION.end)
      throw new UnknownStream(`it has a section of type ${type}`);
    cursor.u32();
    if (type === SECTION.start) {
      const name = cursor.text();
      if (name !== "ram") throw new UnknownStream(`'${name}' comes among its memory`);
      cursor.u32();
      if (cursor.u32() !== 4) throw new UnknownStream("its memory is of another version");
    }
    pass();
    this.#stage = type === SECTION.start ? "ram setup" : "ram pages";
  }

  #setup(cursor: Cursor, pass: () => void): void {
    const head = cursor.u64();
    if (head % (FLAG_MASK + 1) !== FLAG.memSize) throw new UnknownStream("its memory has no size");
    for (let left = head - FLAG.memSize; left > 0; ) {
      const name = cursor.text();
      const size = cursor.u64();
      this.#sizes.set(name, size);
      left -= size;
    }
    pass();
    this.#stage = "ram pages";
  }

  /** One page, or the end of a section's pages. There are hundreds of thousands, so this makes nothing that it need not. */
  #page(cursor: Cursor, out: Buffer[]): void {
    const head = cursor.u64();
    const flags = head % (FLAG_MASK + 1);
    const offset = head - flags;
    if (flags === FLAG.eos) {
      out.push(pageHead(head, ""));
      this.#stage = "footer";
      return;
    }
    const kind = flags & ~FLAG.continues;
    if (kind !== FLAG.page && kind !== FLAG.zero) throw new UnknownStream(`a page has the flags ${flags}`);
    const block = flags & FLAG.continues ? this.#block : cursor.text();
    const length = kind === FLAG.page ? PAGE : 1;
    const from = cursor.skip(length);
    this.#block = block;
    // Only the guest's memory has a base; other blocks are small and kept whole.
    if (this.#sizes.get(block) === this.#base.size) {
      const same = kind === FLAG.page ? this.#base.isAt(offset, cursor.data, from) : this.#base.isAt(offset, ZERO_PAGE, 0);
      if (same) return;
    }
    const continues = this.#written === block;
    out.push(pageHead(offset + kind + (continues ? FLAG.continues : 0), continues ? "" : block), cursor.data.subarray(from, from + length));
    this.#written = block;
  }
}

const pageHead = (head: number, block: string): Buffer => {
  const start = Buffer.allocUnsafe(block === "" ? 8 : 9 + block.length);
  start.writeUInt32BE(Math.floor(head / 2 ** 32), 0);
  start.writeUInt32BE(head % 2 ** 32, 4);
  if (block !== "") {
    start.writeUInt8(block.length, 8);
    start.write(block, 9, "latin1");
  }
  return start;
};
