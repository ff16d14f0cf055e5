import type { Readable } from "node:stream";
import type { ProcessInfo, SignalName, StartProcess } from "../contract/exec.ts";
import type { CallOptions } from "./deadline.ts";
import { type OutputEvent, outputEvents } from "./output.ts";
import type { Transport } from "./transport.ts";

/** A command for the shell, or the whole request. */
export type ProcessInput = string | (Partial<StartProcess> & ({ command: string } | { argv: string[] }));

/** Background processes of one computer; they outlive the connection, not the computer. Errors: process_not_found, wrong_state. */
export class Processes {
  readonly #transport: Transport;
  readonly #base: string;

  constructor(transport: Transport, base: string) {
    this.#transport = transport;
    this.#base = base;
  }

  /** Starts one; it runs on by itself. */
  async start(process: ProcessInput, options: CallOptions = {}): Promise<ProcessInfo> {
    const json = typeof process === "string" ? { command: process } : process;
    return this.#transport.json({ ...options, method: "POST", path: this.#base, body: { json } });
  }

  /** All that were started, with those that have ended. */
  async list(options: CallOptions = {}): Promise<ProcessInfo[]> {
    return (await this.#transport.json<{ data: ProcessInfo[] }>({ ...options, method: "GET", path: this.#base })).data;
  }

  /** One, by its pid. */
  async get(pid: number, options: CallOptions = {}): Promise<ProcessInfo> {
    return this.#transport.json({ ...options, method: "GET", path: `${this.#base}/${pid}` });
  }

  /** Writes to stdin; `end` closes it afterwards. */
  async writeStdin(pid: number, data: string | Uint8Array | Readable, options: CallOptions & { end?: boolean } = {}): Promise<void> {
    const { end = false, ...call } = options;
    const bytes = typeof data === "string" ? Buffer.from(data, "utf8") : data;
    const body = { bytes, type: "application/octet-stream" };
    await this.#transport.json({ ...call, method: "POST", path: `${this.#base}/${pid}/stdin`, query: { end: end ? 1 : 0 }, body });
  }

  /** Signals the process's whole group. */
  async signal(pid: number, signal: SignalName = "TERM", options: CallOptions = {}): Promise<void> {
    await this.#transport.json({ ...options, method: "POST", path: `${this.#base}/${pid}/signal`, body: { json: { signal } } });
  }

  /** What is kept of the output (1 MiB), then what comes, then the exit. */
  async *output(pid: number, options: CallOptions = {}): AsyncGenerator<OutputEvent> {
    const path = `${this.#base}/${pid}/output`;
    yield* outputEvents(path, await this.#transport.stream({ ...options, method: "GET", path }));
  }
}
