import { z } from "zod";
import { Action, type ActionInput } from "../../../src/contract/actions.ts";
import { VitrineError } from "../../../src/contract/errors.ts";
import type { BrowserVerbs, Settled, TakePicture } from "../../../src/server/actions/ports.ts";
import { type RunOptions, runActions } from "../../../src/server/actions/run.ts";
import type { ClipboardEvent, Display } from "../../../src/server/display/display.ts";
import { Framebuffer, type Rectangle } from "../../../src/server/display/framebuffer.ts";

/** A display that writes down what is sent to it: `p X,Y BUTTONS`, `+KEYSYM`, `-KEYSYM`, `clip TEXT`. */
export class FakeDisplay implements Display {
  readonly framebuffer = new Framebuffer(1000, 800);
  readonly sent: string[] = [];
  pointerAt: { x: number; y: number } | null = null;
  clipboard = "";
  extraButtons = false;
  /** Called at each flush with how many there were; what it throws, the flush fails with. */
  onFlush: (count: number) => void | Promise<void> = () => {};
  /** Whether something in the computer fetches what is pasted. */
  pasteWorks = true;
  #flushes = 0;
  readonly #damage = new Set<(damage: readonly Rectangle[]) => void>();
  readonly #listeners = new Set<(event: ClipboardEvent) => void>();

  pointer(x: number, y: number, buttons: number): void {
    this.pointerAt = { x, y };
    this.sent.push(`p ${x},${y} ${buttons}`);
  }

  key(keysym: number, down: boolean): void {
    this.sent.push(`${down ? "+" : "-"}${keysym > 0x20 && keysym < 0x7f ? String.fromCharCode(keysym) : keysym.toString(16)}`);
    if (keysym === 0x76 && down && this.sent.at(-2) === "+ffe3" && this.pasteWorks)
      setImmediate(() => {
        this.tell("read");
        const draw = () => this.#damage.forEach((listener) => void listener([{ x: 0, y: 0, width: 10, height: 10 }]));
        setImmediate(draw);
      });
  }

  async flush(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.onFlush(++this.#flushes);
    signal.throwIfAborted();
  }

  async refresh(): Promise<void> {}
  onDamage(listener: (damage: readonly Rectangle[]) => void): () => void {
    this.#damage.add(listener);
    return () => void this.#damage.delete(listener);
  }

  async setClipboard(text: string): Promise<void> {
    this.clipboard = text;
    this.sent.push(`clip ${text}`);
  }

  onClipboard(listener: (event: ClipboardEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  tell(event: ClipboardEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** What was sent since the last call. */
  take(): string[] {
    return this.sent.splice(0);
  }
}

export const noBrowser = new Proxy({} as BrowserVerbs, {
  get: () => async () => {
    throw new VitrineError("browser_unavailable", { reason: "it is not there" });
  },
});

export const takePicture: TakePicture = async (display, { format, scale = 1, region }) => ({
  data: Buffer.from(`${format} of the screen`),
  media_type: `image/${format}`,
  width: Math.round((region?.width ?? display.framebuffer.width) * scale),
  height: Math.round((region?.height ?? display.framebuffer.height) * scale),
  hash: "h",
});

/** Runs a batch that is given as a client gives it. */
export const run = (display: Display, actions: ActionInput[], options: Partial<RunOptions> = {}) =>
  runActions({
    display,
    browser: noBrowser,
    takePicture,
    settled: (async () => {}) as Settled,
    actions: z.array(Action).parse(actions),
    screenshot: "none",
    signal: new AbortController().signal,
    ...options,
  });
