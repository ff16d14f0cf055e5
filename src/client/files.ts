import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import type { FileStat } from "../contract/exec.ts";
import { type CallOptions, READ_TIMEOUT_MS } from "./deadline.ts";
import type { Request, Transport } from "./transport.ts";

/** What can be written: text is UTF-8; streams flow with back-pressure and are never held whole. */
export type Content = string | Uint8Array | Readable | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** Which bytes of a file, counted from 0, `end` among them. Default: all. */
export type ReadOptions = CallOptions & { start?: number; end?: number };

const bytesOf = (content: Content): Uint8Array | Readable => {
  if (typeof content === "string") return Buffer.from(content, "utf8");
  if (content instanceof Uint8Array || content instanceof Readable) return content;
  return Readable.from(content as AsyncIterable<Uint8Array>);
};

/** An upload takes as long as it takes; give timeoutMs to bound it. */
const unhurried = <T extends CallOptions>(options: T): T => ({ ...options, timeoutMs: options.timeoutMs ?? 0 });

/** Sends a tar.gz to where it is unpacked. */
export const putArchive = async (
  transport: Transport,
  path: string,
  query: Record<string, string | number>,
  archive: Content,
  options: CallOptions,
): Promise<void> => {
  const body = { bytes: bytesOf(archive), type: "application/gzip" };
  await transport.json({ ...unhurried(options), method: "PUT", path, query, body });
};

/**
 * The files of one computer. Paths are absolute. Errors: file_not_found, not_a_file, not_a_directory, permission_denied, disk_full, wrong_state,
 * guest_unreachable.
 */
export class Files {
  readonly #transport: Transport;
  readonly #base: string;

  constructor(transport: Transport, base: string) {
    this.#transport = transport;
    this.#base = base;
  }

  #reading(path: string, { start, end, ...call }: ReadOptions): Request {
    const headers: Record<string, string> = start === undefined && end === undefined ? {} : { range: `bytes=${start ?? 0}-${end ?? ""}` };
    return { ...call, method: "GET", path: this.#base, query: { path }, headers };
  }

  /** The file's bytes as they come. */
  async readStream(path: string, options: ReadOptions = {}): Promise<Readable> {
    return this.#transport.stream(this.#reading(path, options));
  }

  /** The file's bytes in memory; for large ones use readStream. */
  async read(path: string, options: ReadOptions = {}): Promise<Buffer> {
    return (await this.#transport.whole(this.#reading(path, { ...options, timeoutMs: options.timeoutMs ?? READ_TIMEOUT_MS }))).bytes;
  }

  /** The file as UTF-8 text. */
  async readText(path: string, options: ReadOptions = {}): Promise<string> {
    return (await this.read(path, options)).toString("utf8");
  }

  /** Writes a file whole or not at all; parents are made. */
  async write(path: string, content: Content, options: CallOptions = {}): Promise<void> {
    const body = { bytes: bytesOf(content), type: "application/octet-stream" };
    await this.#transport.json({ ...unhurried(options), method: "PUT", path: this.#base, query: { path }, body });
  }

  /** What is in a folder. */
  async list(path: string, options: CallOptions = {}): Promise<FileStat[]> {
    const answer = await this.#transport.json<{ data: FileStat[] }>({
      ...options,
      method: "GET",
      path: `${this.#base}/list`,
      query: { path },
    });
    return answer.data;
  }

  /** What a path is: its kind, size, owner and times. */
  async stat(path: string, options: CallOptions = {}): Promise<FileStat> {
    return this.#transport.json({ ...options, method: "GET", path: `${this.#base}/stat`, query: { path } });
  }

  /** Makes a folder and its parents. */
  async mkdir(path: string, options: CallOptions = {}): Promise<void> {
    await this.#transport.json({ ...options, method: "POST", path: `${this.#base}/mkdir`, body: { json: { path } } });
  }

  /** Renames a file or folder. Errors: file_exists, unless it is to `overwrite`. */
  async move(from: string, to: string, options: CallOptions & { overwrite?: boolean } = {}): Promise<void> {
    const { overwrite = false, ...call } = options;
    await this.#transport.json({ ...call, method: "POST", path: `${this.#base}/move`, body: { json: { from, to, overwrite } } });
  }

  /** Deletes a file, or a folder with all that is in it. */
  async delete(path: string, options: CallOptions = {}): Promise<void> {
    await this.#transport.json({ ...options, method: "DELETE", path: this.#base, query: { path } });
  }

  /** A folder as tar.gz. */
  async downloadArchive(path: string, options: CallOptions = {}): Promise<Readable> {
    return this.#transport.stream({ ...options, method: "GET", path: `${this.#base}/archive`, query: { path } });
  }

  /** Unpacks a tar.gz into a folder, which is made. */
  async uploadArchive(path: string, archive: Content, options: CallOptions = {}): Promise<void> {
    await putArchive(this.#transport, `${this.#base}/archive`, { path }, archive, options);
  }
}
