import { VitrineError } from "../../contract/errors.ts";
import type { Display, Displays } from "../display/display.ts";
import type { Framebuffer } from "../display/framebuffer.ts";
import type { Clock } from "./clock.ts";
import type { Film } from "./film.ts";

/** A still screen adds a frame this often: what came before it is then on the disk within a second, and so is the time that has passed. */
const STILL_MS = 900;
/** A display that does not answer for this long is opened anew. */
const SILENCE_MS = 10_000;
/** What the last look at a screen may take. */
const LAST_LOOK_MS = 1000;
/** Between two attempts to open a display, at first and at most. */
const RETRY_MS = { first: 500, most: 10_000 };

export interface CameraOptions {
  displays: Displays;
  computerId: string;
  fps: number;
  clock: Clock;
  film: Pick<Film, "expose" | "repeat" | "dropped">;
  /** Called after each frame; what it throws ends the recording. */
  onFrame(): void;
  /** The display could not be opened, or was lost. */
  onLost(error: unknown): void;
}

/**
 * Watches one computer's screen and exposes film when it changes, at most `fps` times a second: a picture that comes while the encoder is busy is not kept, only
 * counted, and the newest one is taken next.
 */
export class Camera {
  readonly #options: CameraOptions;
  readonly #signal: AbortSignal;
  #changed = false;
  #takenAt = Number.NEGATIVE_INFINITY;
  /** Ends the present pause. */
  #nudge = new AbortController();
  #isLightSleep = false;

  constructor(options: CameraOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** Films until the signal aborts, through any loss of the display. Rejects with what `onFrame` or the film throws. */
  async run(): Promise<void> {
    const { displays, computerId, clock } = this.#options;
    const onAbort = () => this.#nudge.abort();
    this.#signal.addEventListener("abort", onAbort);
    try {
      for (let pause = RETRY_MS.first; !this.#signal.aborted; pause = Math.min(2 * pause, RETRY_MS.most)) {
        const failure = await displays
          .use(computerId, this.#signal, async (display) => {
            pause = RETRY_MS.first;
            return this.#watch(display);
          })
          .catch((error: unknown) => ({ lost: error }));
        if (this.#signal.aborted) return;
        if (failure && "fatal" in failure) throw failure.fatal;
        this.#options.onLost(failure?.lost);
        // What was last seen is not left in the encoder.
        await this.#take(() => this.#options.film.repeat());
        await this.#pause(clock.now() + pause, false);
      }
    } finally {
      this.#signal.removeEventListener("abort", onAbort);
    }
  }

  /** Films one display until the signal aborts; rejects when it is lost. What is not the display's fault is answered, lest it be taken for that. */
  async #watch(display: Display): Promise<{ fatal: unknown } | undefined> {
    await display.refresh(this.#bounded());
    this.#changed = true;
    const leave = display.onDamage(() => {
      this.#changed = true;
      if (this.#isLightSleep) this.#nudge.abort();
    });
    try {
      while (!this.#signal.aborted) {
        await this.#untilDue();
        if (this.#signal.aborted) break;
        if (!this.#changed) await display.flush(this.#bounded());
        try {
          await this.#take(() => this.#expose(display.framebuffer));
        } catch (error) {
          return { fatal: error };
        }
      }
      return await this.#lastLook(display);
    } finally {
      leave();
    }
  }

  /** What was on the screen when the recording ended is its last picture, however short before it came. */
  async #lastLook(display: Display): Promise<undefined> {
    await display.refresh(AbortSignal.timeout(LAST_LOOK_MS)).catch(() => {});
    // It is not the recording's end that fails for want of one more picture.
    if (this.#changed) await this.#expose(display.framebuffer).catch(() => {});
    return undefined;
  }

  /** Sleeps until a frame may be taken and there is something to take, or the screen has stood still for long enough. */
  async #untilDue(): Promise<void> {
    await this.#pause(this.#takenAt + 1000 / this.#options.fps, false);
    if (!this.#changed) await this.#pause(this.#takenAt + STILL_MS, true);
  }

  async #pause(until: number, light: boolean): Promise<void> {
    const ms = until - this.#options.clock.now();
    if (ms <= 0 || this.#signal.aborted) return;
    this.#nudge = new AbortController();
    this.#isLightSleep = light;
    await this.#options.clock.sleep(ms, this.#nudge.signal);
    this.#isLightSleep = false;
  }

  async #expose(framebuffer: Framebuffer): Promise<void> {
    if (!this.#changed) return this.#options.film.repeat();
    this.#changed = false;
    return this.#options.film.expose(framebuffer);
  }

  async #take(work: () => Promise<void>): Promise<void> {
    const { clock, film, fps, onFrame } = this.#options;
    this.#takenAt = clock.now();
    await work();
    const missed = Math.floor(((clock.now() - this.#takenAt) * fps) / 1000);
    if (this.#changed && missed > 0) film.dropped += missed;
    onFrame();
  }

  #bounded(): AbortSignal {
    return AbortSignal.any([this.#signal, AbortSignal.timeout(SILENCE_MS)]);
  }
}

/** What a camera's last loss was, as an error of the API. */
export const lossOf = (error: unknown): VitrineError =>
  error instanceof VitrineError
    ? error
    : new VitrineError("display_unavailable", { reason: error instanceof Error ? error.message : String(error) }, { cause: error });
