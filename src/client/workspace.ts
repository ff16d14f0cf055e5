import type { Readable } from "node:stream";
import type { CallOptions } from "./deadline.ts";
import { type Content, putArchive } from "./files.ts";
import type { Transport } from "./transport.ts";

/** All that is in /home/ohm of one computer. */
export class Workspace {
  readonly #transport: Transport;
  readonly #path: string;

  constructor(transport: Transport, path: string) {
    this.#transport = transport;
    this.#path = path;
  }

  /** As tar.gz, all of it as it is at one moment. Errors: wrong_state, guest_unreachable. */
  async export(options: CallOptions = {}): Promise<Readable> {
    return this.#transport.stream({ ...options, method: "GET", path: this.#path });
  }

  /** Unpacks a tar.gz over what is there or, with `replace`, instead of it. Errors: archive_invalid, disk_full, wrong_state. */
  async import(archive: Content, { replace = false, ...options }: CallOptions & { replace?: boolean } = {}): Promise<void> {
    await putArchive(this.#transport, this.#path, { replace: replace ? 1 : 0 }, archive, options);
  }
}
