import { clipboardBytes, MAX_CLIPBOARD } from "../display/clipboard.ts";
import { pasteText } from "./clipboard.ts";
import { type Key, RETURN, TAB } from "./keys.ts";
import { characterKey } from "./layout.ts";
import { type Doers, pause, type Step } from "./step.ts";

/** Characters that are sent before the X server has to have taken them. */
const AT_ONCE = 64;
/** A longer text is pasted: Chromium takes milliseconds for each key. */
const MAX_TYPED = 5000;

const plain = (keysym: number): Key => ({ plain: keysym, shifted: keysym, shift: false });
const keyFor = (character: string): Key | undefined =>
  character === "\n" ? plain(RETURN) : character === "\t" ? plain(TAB) : characterKey(character);

export type Piece = { how: "keys"; keys: Key[] } | { how: "paste"; text: string };

/**
 * How a text gets in. Newlines are Return and tabs are Tab. What lies between them is typed when the keyboard has all of its characters, and pasted
 * otherwise: X has free keycodes for some twenty more in all its life, and what a new one types first gets lost. A long text is pasted whole.
 */
export const pieces = (text: string): Piece[] => {
  const clean = text.replace(/\r\n?/g, "\n");
  if (clean.length > MAX_TYPED) return chunks(clean).map((chunk) => ({ how: "paste", text: chunk }));
  const result: Piece[] = [];
  for (const part of clean.split(/([\n\t])/)) {
    const keys = [...part].map(keyFor);
    if (keys.includes(undefined)) {
      result.push({ how: "paste", text: part });
      continue;
    }
    const last = result.at(-1);
    if (last?.how === "keys") last.keys.push(...(keys as Key[]));
    else if (keys.length > 0) result.push({ how: "keys", keys: keys as Key[] });
  }
  return result;
};

/** As much as the clipboard takes each, cut between characters. */
const chunks = (text: string): string[] => {
  if (clipboardBytes(text).length <= MAX_CLIPBOARD) return [text];
  const result: string[] = [];
  // A code unit is three bytes at the most.
  for (let at = 0; at < text.length; ) {
    let end = Math.min(text.length, at + Math.floor((MAX_CLIPBOARD - 1) / 3));
    if (/[\ud800-\udbff]/.test(text[end - 1]!) && end < text.length) end--;
    result.push(text.slice(at, end));
    at = end;
  }
  return result;
};

const typeKeys = async ({ hands, display, signal }: Step, keys: readonly Key[], delayMs: number): Promise<void> => {
  for (const [i, key] of keys.entries()) {
    hands.letGo(hands.hold([key]));
    if (delayMs > 0 || (i + 1) % AT_ONCE === 0) await display.flush(signal);
    await pause(delayMs, signal);
  }
  await display.flush(signal);
};

export const type: Doers<"type"> = {
  type: async (step, { text, delay_ms = 0 }) => {
    for (const piece of pieces(text)) {
      if (piece.how === "keys") {
        await typeKeys(step, piece.keys, delay_ms);
        continue;
      }
      await pasteText(step, piece.text);
      await pause(delay_ms, step.signal);
    }
  },
};
