import type { Readable } from "node:stream";
import type { Download } from "../contract/exec.ts";
import { type CallOptions, READ_TIMEOUT_MS } from "./deadline.ts";
import type { Request, Transport } from "./transport.ts";

/** What one computer's browser has downloaded. Errors: file_not_found, wrong_state, guest_unreachable. */
export class Downloads {
  readonly #transport: Transport;
  readonly #base: string;

  constructor(transport: Transport, base: string) {
    this.#transport = transport;
    this.#base = base;
  }

  /** Newest first; what is still under way is not listed. */
  async list(options: CallOptions = {}): Promise<Download[]> {
    const answer = await this.#transport.json<{ data: Download[] }>({ ...options, method: "GET", path: this.#base });
    return answer.data;
  }

  #reading(id: string, options: CallOptions): Request {
    return { ...options, method: "GET", path: `${this.#base}/${encodeURIComponent(id)}` };
  }

  /** Its bytes as they come. Errors: file_not_found. */
  async readStream(id: string, options: CallOptions = {}): Promise<Readable> {
    return this.#transport.stream(this.#reading(id, options));
  }

  /** The whole file in memory; for large ones use readStream. */
  async read(id: string, options: CallOptions = {}): Promise<Buffer> {
    return (await this.#transport.whole(this.#reading(id, { ...options, timeoutMs: options.timeoutMs ?? READ_TIMEOUT_MS }))).bytes;
  }
}
