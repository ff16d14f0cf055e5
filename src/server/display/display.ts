import type { Framebuffer, Rectangle } from "./framebuffer.ts";

/** `changed`: the computer has other text on its clipboard. `read`: a program there has fetched the text that was set here. */
export type ClipboardEvent = "changed" | "read";

/**
 * One computer's screen, pointer, keyboard and clipboard, over one RFB connection that all its users share: screenshots, actions, the recorder. Every
 * promise ends with its signal; all fail with display_unavailable when the connection is lost.
 */
export interface Display {
  /** The picture, pointer included, as far as it has come. Its pixels change with the next event, so a user copies what it keeps. */
  readonly framebuffer: Framebuffer;
  /** Resolves when the picture shows all that was on the screen at the time of the call. */
  refresh(signal: AbortSignal): Promise<void>;
  /** Runs `work` once with the picture as it is now without the pointer. It takes a connection of its own, and the whole screen over it. */
  withoutPointer?<T>(signal: AbortSignal, work: (framebuffer: Framebuffer) => T): Promise<T>;
  /** Calls back after each update with what was drawn anew; the whole screen after a change of its size. Answers the way to leave. */
  onDamage(listener: (damage: readonly Rectangle[]) => void): () => void;

  /** Where the pointer was last put by this service, or null before the first time. */
  readonly pointerAt: { readonly x: number; readonly y: number } | null;
  /** Puts the pointer at a pixel with exactly these buttons down: bit 0 left, 1 middle, 2 right, 3-6 the wheel (up, down, left, right), 7 back, 8 forward. */
  pointer(x: number, y: number, buttons: number): void;
  /** Whether the VNC server has the buttons of bits 7 and 8 (TigerVNC 1.15 has, 1.12 has not); without them they do nothing. */
  readonly extraButtons: boolean;
  /** Presses or lets go of a key by its X keysym. */
  key(keysym: number, down: boolean): void;
  /** Resolves when the server has taken all that was sent before. */
  flush(signal: AbortSignal): Promise<void>;

  /** Text on the computer's clipboard, as it last told or as it was last set here; empty when neither. */
  readonly clipboard: string;
  setClipboard(text: string, signal: AbortSignal): Promise<void>;
  /** Calls back when the clipboard changes, and when what setClipboard put there is first fetched. Answers the way to leave. */
  onClipboard(listener: (event: ClipboardEvent) => void): () => void;
}

/** The displays that are open now, one for each computer. */
export interface Displays {
  /** Runs `work` with the computer's display, which is opened when nobody uses it yet and closed a while after its last user. */
  use<T>(computerId: string, signal: AbortSignal, work: (display: Display) => Promise<T>): Promise<T>;
}
