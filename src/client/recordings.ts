import type { Readable } from "node:stream";
import type { Recording, StartRecordingInput } from "../contract/recordings.ts";
import type { CallOptions } from "./deadline.ts";
import type { Transport } from "./transport.ts";

/** A video is made when a recording stops: one of hours takes minutes. */
const STOP_TIMEOUT_MS = 10 * 60_000;

/** The videos of one computer's screen; they outlive the computer. Errors: recording_not_found. */
export class Recordings {
  readonly #transport: Transport;
  readonly #base: string;

  constructor(transport: Transport, base: string) {
    this.#transport = transport;
    this.#base = base;
  }

  #path(id: string): string {
    return `${this.#base}/${encodeURIComponent(id)}`;
  }

  /** Resolves with the first picture. Errors: wrong_state, no_display, display_unavailable, capacity_exceeded. */
  async start(options: CallOptions & StartRecordingInput = {}): Promise<Recording> {
    const { signal, timeoutMs, ...json } = options;
    return this.#transport.json({ signal, timeoutMs, method: "POST", path: this.#base, body: { json } });
  }

  /** Newest first. */
  async list(options: CallOptions = {}): Promise<Recording[]> {
    return (await this.#transport.json<{ data: Recording[] }>({ ...options, method: "GET", path: this.#base })).data;
  }

  /** One, by its id. Errors: recording_not_found. */
  async get(id: string, options: CallOptions = {}): Promise<Recording> {
    return this.#transport.json({ ...options, method: "GET", path: this.#path(id) });
  }

  /** Resolves when the video is ready. Stopping one that has ended is a success. */
  async stop(id: string, options: CallOptions = {}): Promise<Recording> {
    const { signal, timeoutMs = STOP_TIMEOUT_MS } = options;
    return this.#transport.json({ signal, timeoutMs, method: "POST", path: `${this.#path(id)}/stop` });
  }

  /** Begins a chapter at this moment. Errors: recording_ended. */
  async mark(id: string, title: string, options: CallOptions = {}): Promise<Recording> {
    return this.#transport.json({ ...options, method: "POST", path: `${this.#path(id)}/mark`, body: { json: { title } } });
  }

  /** The mp4. Errors: recording_not_ready, recording_failed. */
  async video(id: string, options: CallOptions = {}): Promise<Readable> {
    return this.#transport.stream({ ...options, method: "GET", path: `${this.#path(id)}/video` });
  }

  /** Deletes it, whatever it is doing. Repeating it is a success. */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    await this.#transport.json({ ...options, method: "DELETE", path: this.#path(id) });
  }
}

export const recordingsOf = (transport: Transport, computer: string): Recordings =>
  new Recordings(transport, `/v1/computers/${encodeURIComponent(computer)}/recordings`);
