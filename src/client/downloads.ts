import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Download } from "../contract/exec.ts";
import type { CallOptions } from "./deadline.ts";
import type { Transport } from "./transport.ts";

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

  /** Its bytes. Errors: file_not_found. */
  async readStream(id: string, options: CallOptions = {}): Promise<Readable> {
    return this.#transport.stream({ ...options, method: "GET", path: `${this.#base}/${encodeURIComponent(id)}` });
  }

  /** The whole file in memory; for large ones use readStream. */
  async read(id: string, options: CallOptions = {}): Promise<Buffer> {
    return buffer(await this.readStream(id, options));
  }
}
