import type { Button } from "../../contract/actions.ts";
import type { Display } from "../display/display.ts";
import { type Key, SHIFT, SHIFT_RIGHT, XF86_BACK, XF86_FORWARD } from "./keys.ts";

const BITS: Record<Button, number> = { left: 1, middle: 2, right: 4, back: 1 << 7, forward: 1 << 8 };
/** For an X server whose mouse ends with the wheel (TigerVNC 1.12): the keyboard's keys for the same. */
const BUTTON_KEYS: Partial<Record<Button, number>> = { back: XF86_BACK, forward: XF86_FORWARD };

/** What is held down: keysyms in the order in which they went down, and a mask of buttons. */
export interface Grip {
  keys: readonly number[];
  buttons: number;
}

/** The pointer and the keys of one display, and what of them is held. All is sent at once, in order; waiting for it is the caller's. */
export class Hands {
  readonly #display: Display;
  #keys: number[] = [];
  #buttons = 0;

  constructor(display: Display) {
    this.#display = display;
  }

  get grip(): Grip {
    return { keys: [...this.#keys], buttons: this.#buttons };
  }

  /** Where the pointer is; before it was ever moved, where X puts it: in the middle. */
  get at(): { x: number; y: number } {
    const { pointerAt, framebuffer } = this.#display;
    return pointerAt ? { x: pointerAt.x, y: pointerAt.y } : { x: framebuffer.width >> 1, y: framebuffer.height >> 1 };
  }

  move(x: number, y: number): void {
    this.#display.pointer(x, y, this.#buttons);
  }

  press(button: Button): void {
    const keysym = this.#keyFor(button);
    if (keysym !== undefined) this.#down(keysym);
    else this.#setButtons(this.#buttons | BITS[button]);
  }

  release(button: Button): void {
    const keysym = this.#keyFor(button);
    if (keysym !== undefined) this.#up(keysym);
    else this.#setButtons(this.#buttons & ~BITS[button]);
  }

  /** One notch of a wheel; `bit` is its bit in the mask. */
  notch(bit: number): void {
    this.#setButtons(this.#buttons, 1 << bit);
    this.#setButtons(this.#buttons);
  }

  /** Presses keys in turn and answers those that were not down before, for `letGo`. */
  hold(keys: readonly Key[]): number[] {
    const pressed: number[] = [];
    const down = (keysym: number) => {
      if (!this.#keys.includes(keysym)) pressed.push(keysym);
      this.#down(keysym);
    };
    for (const key of keys) {
      // X would press Caps Lock or take Shift away to make up for a keysym that does not go with the Shift that is held.
      if (key.shift && !this.#shifted) down(SHIFT);
      down(this.#shifted ? key.shifted : key.plain);
    }
    return pressed;
  }

  /** Lets go of keysyms, the last one first. */
  letGo(keysyms: readonly number[]): void {
    for (const keysym of keysyms.toReversed()) this.#up(keysym);
  }

  /** Lets go of a key however it went down. */
  up(key: Key): void {
    for (const keysym of new Set([key.plain, key.shifted])) if (this.#keys.includes(keysym)) this.#up(keysym);
  }

  /** Lets go of everything that was not held at the time of `before`. */
  relax(before: Grip): void {
    this.letGo(this.#keys.filter((keysym) => !before.keys.includes(keysym)));
    if ((this.#buttons & ~before.buttons) !== 0) this.#setButtons(this.#buttons & before.buttons);
  }

  #keyFor(button: Button): number | undefined {
    return this.#display.extraButtons ? undefined : BUTTON_KEYS[button];
  }

  get #shifted(): boolean {
    return this.#keys.includes(SHIFT) || this.#keys.includes(SHIFT_RIGHT);
  }

  #down(keysym: number): void {
    // Noted first: what might have been sent is let go of.
    if (!this.#keys.includes(keysym)) this.#keys.push(keysym);
    this.#display.key(keysym, true);
  }

  #up(keysym: number): void {
    this.#keys = this.#keys.filter((held) => held !== keysym);
    this.#display.key(keysym, false);
  }

  #setButtons(buttons: number, wheel = 0): void {
    this.#buttons = buttons;
    const { x, y } = this.at;
    this.#display.pointer(x, y, buttons | wheel);
  }
}

const hands = new WeakMap<Display, Hands>();
/** The hands on a display: what one batch leaves held, the next one finds held, for as long as the display is open. */
export const handsOn = (display: Display): Hands => {
  const known = hands.get(display) ?? new Hands(display);
  hands.set(display, known);
  return known;
};
