import { oneLine } from "../../text.ts";
import { ToolFailure } from "./failure.ts";

/** A key as Chromium takes it. */
export interface Key {
  key: string;
  code: string;
  keyCode: number;
  text?: string;
}

/** Bits of CDP's `modifiers`. */
export const MODIFIERS: Record<string, number> = { Alt: 1, Control: 2, Meta: 4, Shift: 8 };

/** key, its code when that differs, its virtual key code, and its other names in lower case. */
const NAMED: [key: string, code: string, keyCode: number, ...names: string[]][] = [
  ["Enter", "Enter", 13, "return", "kp_enter"],
  ["Tab", "Tab", 9],
  ["Escape", "Escape", 27, "esc"],
  ["Backspace", "Backspace", 8],
  ["Delete", "Delete", 46, "del"],
  ["Insert", "Insert", 45],
  ["ArrowLeft", "ArrowLeft", 37, "left"],
  ["ArrowUp", "ArrowUp", 38, "up"],
  ["ArrowRight", "ArrowRight", 39, "right"],
  ["ArrowDown", "ArrowDown", 40, "down"],
  ["Home", "Home", 36],
  ["End", "End", 35],
  ["PageUp", "PageUp", 33, "prior"],
  ["PageDown", "PageDown", 34, "next"],
  [" ", "Space", 32, "space", "spacebar"],
  ["Control", "ControlLeft", 17, "ctrl"],
  ["Shift", "ShiftLeft", 16],
  ["Alt", "AltLeft", 18, "option"],
  ["Meta", "MetaLeft", 91, "cmd", "command", "super", "win"],
  ["ContextMenu", "ContextMenu", 93, "menu"],
];

/** Keys with a character, as a US keyboard has them: without and with Shift, code, virtual key code. */
const PUNCTUATION: [plain: string, shifted: string, code: string, keyCode: number][] = [
  ["-", "_", "Minus", 189],
  ["=", "+", "Equal", 187],
  ["[", "{", "BracketLeft", 219],
  ["]", "}", "BracketRight", 221],
  ["\\", "|", "Backslash", 220],
  [";", ":", "Semicolon", 186],
  ["'", '"', "Quote", 222],
  ["`", "~", "Backquote", 192],
  [",", "<", "Comma", 188],
  [".", ">", "Period", 190],
  ["/", "?", "Slash", 191],
];

const squeezed = (name: string): string => name.toLowerCase().replace(/[_-]/g, "");

const KEYS = new Map<string, Key>();
for (const [key, code, keyCode, ...names] of NAMED) {
  const text = key === "Enter" ? "\r" : key === " " ? " " : undefined;
  for (const name of [key, ...names]) KEYS.set(squeezed(name), { key, code, keyCode, ...(text && { text }) });
}
for (let n = 1; n <= 12; n++) KEYS.set(`f${n}`, { key: `F${n}`, code: `F${n}`, keyCode: 111 + n });

const CHARACTERS = new Map<string, Key>();
const character = (key: string, code: string, keyCode: number) => CHARACTERS.set(key, { key, code, keyCode, text: key });
for (const letter of "abcdefghijklmnopqrstuvwxyz") {
  const upper = letter.toUpperCase();
  character(letter, `Key${upper}`, upper.charCodeAt(0));
  character(upper, `Key${upper}`, upper.charCodeAt(0));
}
for (const [i, symbol] of [...")!@#$%^&*("].entries()) {
  character(String(i), `Digit${i}`, 48 + i);
  character(symbol, `Digit${i}`, 48 + i);
}
for (const [plain, shifted, code, keyCode] of PUNCTUATION) {
  character(plain, code, keyCode);
  character(shifted, code, keyCode);
}
character(" ", "Space", 32);

/** The key that makes a character on a US keyboard, if there is one. */
export const characterKey = (char: string): Key | undefined => CHARACTERS.get(char);

/** The key of a name, X's, Playwright's or a character. Throws ToolFailure. */
export const keyOf = (name: string): Key => {
  const key =
    CHARACTERS.get(name) ??
    KEYS.get(squeezed(name)) ??
    ([...name].length === 1 ? { key: name, code: "", keyCode: 0, text: name } : undefined);
  if (!key) throw new ToolFailure(`There is no key '${oneLine(name, 32)}'.`);
  return key;
};
