import type { OutputType } from "./launch.ts";

interface Chunk {
  type: OutputType;
  /** Position of its first byte in all that was ever written. */
  at: number;
  data: Buffer;
}

const JOIN_BELOW = 4096;

/** The last bytes of a program's output, for any number of readers who come and go. */
export class Ring {
  readonly #limit: number;
  readonly #chunks: Chunk[] = [];
  #end = 0;
  #closed = false;
  #changed = Promise.withResolvers<void>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes kept. */
  get size(): number {
    return this.#end - (this.#chunks[0]?.at ?? this.#end);
  }

  push(type: OutputType, data: Buffer): void {
    const last = this.#chunks.at(-1);
    // Small writes are joined: a chunk's own cost is far above a byte.
    if (last?.type === type && last.data.length + data.length <= JOIN_BELOW) last.data = Buffer.concat([last.data, data]);
    else this.#chunks.push({ type, at: this.#end, data: data.length < JOIN_BELOW ? Buffer.from(data) : data });
    this.#end += data.length;
    this.trim(this.#limit);
    this.#notify();
  }

  /** Forgets the oldest chunks beyond `limit` bytes. */
  trim(limit: number): void {
    while (this.#chunks.length > 0 && this.size > limit) this.#chunks.shift();
  }

  /** No more will come. */
  close(): void {
    this.#closed = true;
    this.#notify();
  }

  /** What is kept and then what comes, until the end or the abort. A reader that falls behind loses the oldest. */
  async *read(signal: AbortSignal): AsyncGenerator<{ type: OutputType; data: Buffer }> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    for (let at = 0; !signal.aborted; ) {
      const chunk = this.#chunks.find((c) => c.at + c.data.length > at);
      if (chunk) {
        const data = chunk.data.subarray(Math.max(0, at - chunk.at));
        at = chunk.at + chunk.data.length;
        yield { type: chunk.type, data };
      } else if (this.#closed) return;
      else await Promise.race([this.#changed.promise, aborted]);
    }
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
