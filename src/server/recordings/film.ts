import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { VitrineError } from "../../contract/errors.ts";
import type { Framebuffer } from "../display/framebuffer.ts";
import type { ProcessIdentity } from "../process/identity.ts";
import { type Encoder, startEncoder } from "./encoder.ts";
import { evenSize, type Size } from "./ffmpeg.ts";
import { MAX_SEGMENTS, type Segment, segment } from "./segments.ts";

/** A screen that changes its size more often than this is not followed each time. */
const LEAST_SEGMENT_MS = 1000;
/** An encoder that ran for this long was a good one. */
const GOOD_SEGMENT_MS = 10_000;
/** Encoders that may end one after another before they were good. */
const MAX_FAILURES = 5;

export interface FilmOptions {
  dir: string;
  /** Milliseconds since the recording's start. */
  elapsed(): number;
  /** Of the video, when an earlier segment has set it. */
  video: Size | null;
  /** How many segments there are. */
  segments: number;
  onVideo(size: Size): void;
  onEncoder(identity: ProcessIdentity | null): void;
  /** An encoder ended by itself. */
  onLoss(reason: string): void;
}

/** It was recorded for as long as it may be, by the number of its segments. */
export class FilmIsFull extends Error {}

/**
 * A recording's picture and the encoder it goes to. The video has the size of the first picture for good; a screen of another size begins a new segment, in
 * which it is fitted into that size, because segments of one size are joined without encoding them anew, and no player is sure to follow a change of size.
 */
export class Film {
  frames = 0;
  dropped = 0;
  readonly #options: FilmOptions;
  #video: Size | null;
  #nextIndex: number;
  #pixels: Buffer = Buffer.alloc(0);
  #screen: Size | null = null;
  #encoder: Encoder | null = null;
  #segment: Segment | null = null;
  #lastMs = -1;
  #failures = 0;

  constructor(options: FilmOptions) {
    this.#options = options;
    this.#video = options.video;
    this.#nextIndex = options.segments;
  }

  /** Adds a picture; resolves when the encoder has it. Errors: recording_failed, when no encoder stays up. Throws FilmIsFull. */
  async expose({ pixels, width, height }: Framebuffer): Promise<void> {
    if (this.#pixels.length !== pixels.length) this.#pixels = Buffer.allocUnsafe(pixels.length);
    pixels.copy(this.#pixels);
    this.#screen = { width, height };
    await this.#write();
  }

  /** Adds the last picture again, if there is one. */
  async repeat(): Promise<void> {
    if (this.#screen) await this.#write();
  }

  /** Shows the last picture up to now, and lets the encoder finish. */
  async close(): Promise<void> {
    try {
      await this.repeat();
    } catch {
      // What there is stays.
    }
    await this.#finish();
  }

  async #write(): Promise<void> {
    for (;;) {
      const atMs = this.frames === 0 && this.#nextIndex === 0 ? 0 : Math.max(Math.round(this.#options.elapsed()), this.#lastMs + 1);
      const encoder = await this.#encoderAt(atMs);
      if (!encoder) {
        this.dropped++;
        return;
      }
      try {
        await encoder.write(this.#pixels, atMs - (this.#segment as Segment).offsetMs);
        this.#lastMs = atMs;
        this.frames++;
        return;
      } catch {
        await this.#lose(atMs);
      }
    }
  }

  /** The encoder for the present picture; null when the screen has just changed its size before. */
  async #encoderAt(atMs: number): Promise<Encoder | null> {
    const screen = this.#screen as Size;
    if (this.#encoder) {
      const same = this.#encoder.screen.width === screen.width && this.#encoder.screen.height === screen.height;
      if (same) return this.#encoder;
      if (atMs - (this.#segment as Segment).offsetMs < LEAST_SEGMENT_MS) return null;
      await this.#finish();
    }
    if (this.#nextIndex >= MAX_SEGMENTS) throw new FilmIsFull();
    if (!this.#video) {
      this.#video = evenSize(screen);
      this.#options.onVideo(this.#video);
    }
    const next = segment(this.#nextIndex++, atMs);
    const { dir, onEncoder } = this.#options;
    this.#encoder = await startEncoder({ dir, file: next.file, logFile: next.logFile, screen, video: this.#video, onSpawn: onEncoder });
    this.#segment = next;
    return this.#encoder;
  }

  async #lose(atMs: number): Promise<void> {
    const { logFile, offsetMs } = this.#segment as Segment;
    await this.#finish();
    const words = await readFile(join(this.#options.dir, logFile), "utf8").catch(() => "");
    const reason = words.trim().split("\n").at(-1)?.slice(0, 300) || "ffmpeg was ended from outside";
    this.#failures = atMs - offsetMs >= GOOD_SEGMENT_MS ? 1 : this.#failures + 1;
    this.#options.onLoss(reason);
    if (this.#failures >= MAX_FAILURES) throw new VitrineError("recording_failed", { reason });
  }

  async #finish(): Promise<void> {
    const encoder = this.#encoder;
    this.#encoder = null;
    if (!encoder) return;
    await encoder.finish();
    this.#options.onEncoder(null);
  }
}
