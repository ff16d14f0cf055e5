import { VitrineError } from "../../../src/contract/errors.ts";
import type { Display, Displays } from "../../../src/server/display/display.ts";
import { Framebuffer, type Rectangle } from "../../../src/server/display/framebuffer.ts";
import type { Clock } from "../../../src/server/recordings/clock.ts";

/** A screen that a test draws on. */
export class FakeDisplay implements Display {
  readonly framebuffer: Framebuffer;
  readonly pointerAt = null;
  readonly extraButtons = true;
  readonly clipboard = "";
  readonly #listeners = new Set<(damage: readonly Rectangle[]) => void>();
  #lost: VitrineError | null = null;

  constructor(width: number, height: number) {
    this.framebuffer = new Framebuffer(width, height);
  }

  /** Fills the whole screen with one colour. */
  fill(red: number, green = red, blue = red): void {
    this.framebuffer.pixels.fill(Buffer.from([red, green, blue, 0]));
    this.damage();
  }

  /** Draws what looks like a page of text: flat ground, sharp edges, some noise. */
  drawPage(): void {
    const { width, height, pixels } = this.framebuffer;
    for (let y = 0, at = 0; y < height; y++)
      for (let x = 0; x < width; x++, at += 4) {
        const ink = y > 80 && y % 20 < 12 && x % 9 < 6 && (x * 31 + (y >> 1) * 17) % 5 < 2;
        pixels.fill(ink ? 30 : 245, at, at + 3);
      }
    this.damage();
  }

  resize(width: number, height: number): void {
    this.framebuffer.resize(width, height);
    this.damage();
  }

  damage(): void {
    const { width, height } = this.framebuffer;
    for (const listener of [...this.#listeners]) listener([{ x: 0, y: 0, width, height }]);
  }

  lose(): void {
    this.#lost = new VitrineError("display_unavailable", { reason: "it hung up" });
  }
  restore(): void {
    this.#lost = null;
  }

  async #alive(): Promise<void> {
    if (this.#lost) throw this.#lost;
  }
  refresh = () => this.#alive();
  flush = () => this.#alive();
  onClipboard(): () => void {
    return () => {};
  }

  setClipboard = () => this.#alive();
  onDamage(listener: (damage: readonly Rectangle[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
  pointer(): void {}
  key(): void {}
  get listeners(): number {
    return this.#listeners.size;
  }
}

export const displaysOf = (display: FakeDisplay): Displays => ({
  use: async (_id, _signal, work) => {
    await display.refresh();
    return work(display);
  },
});

/**
 * A clock on which time passes only while somebody sleeps, and then at once. What is to happen at a time is given beforehand, so that ten minutes
 * of filming take as long as their frames take to encode, and every run has the same frames.
 */
export class ScriptedClock implements Clock {
  #now = 0;
  #script: { at: number; work: () => void | Promise<void> }[] = [];

  now(): number {
    return this.#now;
  }

  at(ms: number, work: () => void | Promise<void>): this {
    this.#script.push({ at: ms, work });
    this.#script.sort((a, b) => a.at - b.at);
    return this;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const until = this.#now + ms;
    while (!signal.aborted) {
      const [next] = this.#script;
      if (!next || next.at > until) {
        this.#now = Math.max(this.#now, until);
        return;
      }
      this.#script.shift();
      this.#now = Math.max(this.#now, next.at);
      await next.work();
    }
  }
}
