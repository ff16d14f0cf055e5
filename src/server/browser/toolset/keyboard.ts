import { setTimeout as delay } from "node:timers/promises";
import { chord, chords } from "../../actions/dialects/chord.ts";
import { ToolFailure } from "./failure.ts";
import { characterKey, type Key, keyOf, MODIFIERS } from "./key-names.ts";
import type { CdpSession } from "./ports.ts";

const event = (type: "keyDown" | "keyUp", { key, code, keyCode, text }: Key, modifiers: number) => {
  // With Control or the like held a key is a command, and makes no character.
  const typed = type === "keyDown" && text !== undefined && (modifiers & ~MODIFIERS.Shift!) === 0;
  return {
    type: type === "keyDown" && !typed ? "rawKeyDown" : type,
    key,
    code,
    windowsVirtualKeyCode: keyCode,
    modifiers,
    ...(typed && { text, unmodifiedText: text }),
  };
};

/** Bits of the modifiers of a chord such as `ctrl+shift`. Throws ToolFailure on anything that is no modifier. */
export const modifiersOf = (text: string | null | undefined): number => {
  let bits = 0;
  for (const name of text ? chord(text) : []) {
    const bit = MODIFIERS[keyOf(name).key];
    if (bit === undefined) throw new ToolFailure(`'${name.slice(0, 32)}' is no modifier: use ctrl, shift, alt or cmd.`);
    bits |= bit;
  }
  return bits;
};

/** Presses the keys of a chord in turn, waits, and lets go of them, whatever happens meanwhile. */
const press = async (session: CdpSession, keys: Key[], holdMs: number, signal: AbortSignal): Promise<void> => {
  const down: Key[] = [];
  let modifiers = 0;
  try {
    for (const key of keys) {
      modifiers |= MODIFIERS[key.key] ?? 0;
      down.push(key);
      await session.send("Input.dispatchKeyEvent", event("keyDown", key, modifiers), { signal });
    }
    if (holdMs > 0) await delay(holdMs, undefined, { signal });
  } finally {
    // Without the signal: a key that stays down would spoil all that follows.
    const ups = down.toReversed().map((key) => {
      modifiers &= ~(MODIFIERS[key.key] ?? 0);
      return session.send("Input.dispatchKeyEvent", event("keyUp", key, modifiers));
    });
    await Promise.allSettled(ups);
  }
};

/** Presses chords one after another, `Tab ctrl+a`, the whole of it `repeat` times. */
export const pressKeys = async (session: CdpSession, text: string, repeat: number, signal: AbortSignal): Promise<void> => {
  const sequence = chords(text).map((keys) => keys.map(keyOf));
  for (let i = 0; i < repeat; i++) for (const keys of sequence) await press(session, keys, 0, signal);
};

export const holdKeys = async (session: CdpSession, text: string, ms: number, signal: AbortSignal): Promise<void> =>
  press(session, chord(text).map(keyOf), ms, signal);

const NAMED: Record<string, string> = { "\n": "Enter", "\r": "Enter", "\t": "Tab" };

/** Types a text: what a US keyboard has key by key, the rest as an input method would put it in. */
export const typeText = async (session: CdpSession, text: string, signal: AbortSignal): Promise<void> => {
  // All are sent at once; Chromium takes them in order.
  const sent: Promise<unknown>[] = [];
  for (const { segment } of new Intl.Segmenter().segment(text.replace(/\r\n/g, "\n"))) {
    const key = Object.hasOwn(NAMED, segment) ? keyOf(NAMED[segment]!) : characterKey(segment);
    if (key) {
      sent.push(session.send("Input.dispatchKeyEvent", event("keyDown", key, 0), { signal }));
      sent.push(session.send("Input.dispatchKeyEvent", event("keyUp", key, 0), { signal }));
    } else sent.push(session.send("Input.insertText", { text: segment }, { signal }));
  }
  await Promise.all(sent);
};
