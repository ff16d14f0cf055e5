import type { Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { VitrineError } from "../../contract/errors.ts";
import { withDeadline } from "../deadline.ts";
import { ByteReader } from "./byte-reader.ts";
import { Clipboard, MAX_CUT_TEXT } from "./clipboard.ts";
import type { ClipboardEvent, Display } from "./display.ts";
import type { Framebuffer, Rectangle } from "./framebuffer.ts";
import { bounded, handshake } from "./rfb-handshake.ts";
import * as messages from "./rfb-messages.ts";
import { type Cursor, encodings, type Update, UpdateReader, type Wanted } from "./rfb-updates.ts";
import { until, type Wait, Waits } from "./waits.ts";

const HANDSHAKE_MS = 10_000;
/** A server that does not answer for this long is given up, and the connection with it. */
const SILENCE_MS = 20_000;
const MAX_FENCE = 64;
/** Bytes that may wait to be read by the server. */
const MAX_UNREAD = 4 * 1024 * 1024;

/** A round trip of pixels: asked for, and not answered yet. */
interface Trip extends Wait {
  /** The fence sent before the request; once it is back, the next update was made after the request. */
  fence: number | null;
}

/**
 * A client of one VNC server (RFB 3.8, no authentication) that keeps a copy of its screen. Pixels are asked for only while somebody wants them, a new update after
 * the one before is drawn, so that the server never runs ahead. The server is hostile: every length is checked before anything is allocated for it.
 */
export class RfbClient implements Display {
  readonly framebuffer: Framebuffer;
  /** Given by who can open another connection. */
  withoutPointer?: NonNullable<Display["withoutPointer"]>;
  /** Resolves with the reason when the connection has ended. */
  readonly closed: Promise<Error>;
  readonly #stream: Duplex;
  readonly #reader: ByteReader;
  readonly #updates: UpdateReader;
  readonly #clipboardListeners = new Set<(event: ClipboardEvent) => void>();
  readonly #clipboard = new Clipboard(
    (message) => this.#send(message),
    (event) => {
      for (const listener of [...this.#clipboardListeners]) listener(event);
    },
  );
  readonly #listeners = new Set<(damage: readonly Rectangle[]) => void>();
  readonly #waits = new Waits();
  readonly #trips = new Set<Trip>();
  readonly #fences = new Map<number, () => void>();
  #fenceId = 0;
  #hasFences = false;
  /** The size is another one than the listeners know of. */
  #untold = false;
  /** A request is on its way or waits for a change. */
  #asked = false;
  #refreshing: Promise<void> | null = null;
  /** The refresh under way has asked already. */
  #looked = false;
  #queued: Promise<void> | null = null;
  #pointerAt: { x: number; y: number } | null = null;
  #failed = false;
  #end!: (reason: Error) => void;

  private constructor(stream: Duplex, reader: ByteReader, framebuffer: Framebuffer, wanted: Wanted) {
    this.#stream = stream;
    this.#reader = reader;
    this.framebuffer = framebuffer;
    framebuffer.blank = true;
    this.#updates = new UpdateReader(reader, framebuffer, wanted);
    this.closed = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Speaks on a stream, which is the client's from here on; in ZRLE, which docs/decisions.md has measured beside Raw. Errors: display_unavailable. */
  static async connect(stream: Duplex, signal: AbortSignal, wanted: Partial<Wanted> = {}): Promise<RfbClient> {
    stream.on("error", () => {});
    try {
      return await withDeadline("The display", HANDSHAKE_MS, signal, async () => {
        const reader = new ByteReader(stream);
        const framebuffer = await handshake(stream, reader);
        const all: Wanted = { pixels: "zrle", withoutPointer: false, ...wanted };
        const client = new RfbClient(stream, reader, framebuffer, all);
        client.#send(Buffer.concat([messages.SET_PIXEL_FORMAT_RGBX, messages.setEncodings(encodings(all))]));
        void client.#run();
        return client;
      });
    } catch (error) {
      stream.destroy();
      if (signal.aborted) throw signal.reason;
      throw unavailable(error);
    }
  }

  /** Ends the connection; every wait fails with the reason. */
  close(reason = new Error("the connection was closed")): void {
    this.#fail(reason);
  }

  refresh(signal: AbortSignal): Promise<void> {
    return until(this.#refreshShared(), signal);
  }

  /** Whoever asks at once shares one; who asks after it has looked shares the next. */
  #refreshShared(): Promise<void> {
    if (this.#refreshing && !this.#looked) return this.#refreshing;
    if (!this.#refreshing) {
      this.#looked = false;
      this.#refreshing = this.#refresh().finally(() => {
        this.#refreshing = null;
      });
      return this.#refreshing;
    }
    this.#queued ??= this.#refreshing
      .catch(() => {})
      .then(() => {
        this.#queued = null;
        return this.#refreshShared();
      });
    return this.#queued;
  }

  /** TigerVNC gathers what is drawn for up to a frame (60 a second), and answers no request before it has told what it gathered: one round trip is enough. */
  async #refresh(): Promise<void> {
    const silence = setTimeout(() => this.#fail(new Error(`it was silent for ${SILENCE_MS / 1000} s`)), SILENCE_MS);
    try {
      await setImmediate();
      this.#looked = true;
      await this.#trip();
    } finally {
      clearTimeout(silence);
    }
  }

  /** Resolves when pixels have come that the server looked up after now. */
  async #trip(): Promise<void> {
    const wait = this.#waits.begin();
    // All in one packet.
    this.#stream.cork();
    const trip: Trip = {
      ...wait,
      fence: this.#hasFences
        ? this.#fence(() => {
            trip.fence = null;
          })
        : null,
    };
    this.#trips.add(trip);
    this.#ask();
    this.#stream.uncork();
    try {
      await trip.promise;
    } finally {
      this.#trips.delete(trip);
    }
  }

  onDamage(listener: (damage: readonly Rectangle[]) => void): () => void {
    // A function that is given twice is two listeners.
    const own = (damage: readonly Rectangle[]) => listener(damage);
    this.#listeners.add(own);
    if (!this.#asked) this.#ask();
    return () => void this.#listeners.delete(own);
  }

  get pointerAt(): { readonly x: number; readonly y: number } | null {
    return this.#pointerAt;
  }

  /** The server's buttons end with the wheel when this is false: back and forward do nothing. */
  get extraButtons(): boolean {
    return this.#updates.extraButtons;
  }

  /** The pointer's shape, when this was opened without the pointer and the server has left it out. */
  get cursor(): Cursor | null {
    return this.#updates.cursor;
  }

  pointer(x: number, y: number, buttons: number): void {
    this.#pointerAt = { x, y };
    this.#send(messages.pointerEvent(x, y, buttons, this.#updates.extraButtons));
  }

  key(keysym: number, down: boolean): void {
    this.#send(messages.keyEvent(keysym, down));
  }

  async flush(signal: AbortSignal): Promise<void> {
    // Messages are taken in their order, so that pixels asked for now say the same; it is only slower.
    if (!this.#hasFences) return until(this.#trip(), signal);
    const wait = this.#waits.begin(signal);
    const id = this.#fence(() => wait.done());
    try {
      await wait.promise;
    } finally {
      this.#fences.delete(id);
    }
  }

  get clipboard(): string {
    return this.#clipboard.text;
  }

  /** Text that was set lives on this connection until something else is copied. */
  get holdsClipboard(): boolean {
    return this.#clipboard.isOurs;
  }

  async setClipboard(text: string, signal: AbortSignal): Promise<void> {
    // Until the server has taken our encodings it is not known whether it has the extended clipboard.
    if (!this.#clipboard.isExtended) await this.flush(signal);
    this.#clipboard.set(text);
    await this.flush(signal);
  }

  onClipboard(listener: (event: ClipboardEvent) => void): () => void {
    // A function that is given twice is two listeners.
    const own = (event: ClipboardEvent) => listener(event);
    this.#clipboardListeners.add(own);
    return () => void this.#clipboardListeners.delete(own);
  }

  #send(message: Buffer): void {
    if (this.#failed) return;
    if (this.#stream.writableLength + message.length > MAX_UNREAD) this.#fail(new Error("it does not read what it is sent"));
    else this.#stream.write(message);
  }

  #fence(onBack: () => void): number {
    const id = this.#fenceId++;
    this.#fences.set(id, onBack);
    this.#send(messages.fenceRequest(id));
    return id;
  }

  /** Asks for what has changed, and, while somebody waits for an answer, for one pixel that the server sends in any case. */
  #ask(): void {
    const { width, height } = this.framebuffer;
    this.#asked = true;
    if (!this.framebuffer.blank) this.#send(messages.updateRequest(width, height, true));
    if (this.framebuffer.blank) this.#send(messages.updateRequest(width, height));
    else if (this.#trips.size > 0) this.#send(messages.updateRequest(1, 1));
  }

  async #run(): Promise<void> {
    try {
      for (;;) await this.#message((await this.#reader.read(1))[0]!);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #fail(reason: Error): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#stream.destroy();
    this.#updates.close();
    this.#waits.fail(unavailable(reason));
    this.#listeners.clear();
    this.#clipboardListeners.clear();
    this.#end(reason);
  }

  async #message(type: number): Promise<void> {
    if (type === 0) return this.#onUpdate(await this.#readUpdate());
    if (type === 1) return this.#reader.skip(6 * (await this.#reader.read(5)).readUInt16BE(3));
    // A bell, and the end of continuous updates, which is how a server says that it has them.
    if (type === 2 || type === 150) return;
    if (type === 3) return this.#onCutText();
    if (type === 248) return this.#onFence();
    throw new Error(`the display sent a message of unknown type ${type}`);
  }

  /** Reads an update. Damage that the requested pixel makes is none, unless it has changed. */
  async #readUpdate(): Promise<Update> {
    const before = this.framebuffer.words[0];
    const update = await this.#updates.read();
    const same = before === this.framebuffer.words[0];
    const answered = update.rectangles.some(({ x, y, width, height }) => x === 0 && y === 0 && width > 0 && height > 0);
    if (answered && !update.resized) this.#answer();
    const rectangles = update.rectangles.filter(({ width, height, x, y }) => {
      const isRequested = x === 0 && y === 0 && width === 1 && height === 1;
      return width > 0 && height > 0 && !(same && isRequested);
    });
    return { ...update, rectangles };
  }

  #answer(): void {
    this.framebuffer.blank = false;
    for (const trip of this.#trips) {
      if (trip.fence !== null) continue;
      this.#trips.delete(trip);
      trip.done();
    }
  }

  #onUpdate({ rectangles, resized }: Update): void {
    this.#asked = false;
    if (resized) this.framebuffer.blank = this.#untold = true;
    if (rectangles.length > 0) this.framebuffer.touch();
    if (this.#listeners.size > 0 || this.#trips.size > 0) this.#ask();
    if (this.framebuffer.blank || rectangles.length === 0) return;
    const { width, height } = this.framebuffer;
    const damage = this.#untold ? [{ x: 0, y: 0, width, height }] : rectangles;
    this.#untold = false;
    for (const listener of [...this.#listeners]) listener(damage);
  }

  async #onCutText(): Promise<void> {
    const length = (await this.#reader.read(7)).readInt32BE(3);
    const bytes = await this.#reader.read(bounded(Math.abs(length), MAX_CUT_TEXT, "clipboard text"));
    if (length < 0) this.#clipboard.extended(bytes);
    else this.#clipboard.plain(bytes);
  }

  async #onFence(): Promise<void> {
    const head = await this.#reader.read(8);
    const flags = head.readUInt32BE(3);
    const payload = await this.#reader.read(bounded(head.readUInt8(7), MAX_FENCE, "fence"));
    this.#hasFences = true;
    if (messages.isFenceRequest(flags)) return this.#send(messages.fenceAnswer(flags, payload));
    if (payload.length !== 4) return;
    const id = payload.readUInt32BE(0);
    const onBack = this.#fences.get(id);
    this.#fences.delete(id);
    onBack?.();
  }
}

const unavailable = (error: unknown): VitrineError =>
  error instanceof VitrineError && error.code === "display_unavailable"
    ? error
    : new VitrineError("display_unavailable", { reason: error instanceof Error ? error.message : String(error) }, { cause: error });
