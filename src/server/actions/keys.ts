import { VitrineError } from "../../contract/errors.ts";
import { characterKey, isLetter } from "./layout.ts";

/** A key as it is pressed: its keysym alone and with Shift held, and whether it must have Shift by itself. */
export interface Key {
  plain: number;
  shifted: number;
  shift: boolean;
}

export const SHIFT = 0xffe1;
export const SHIFT_RIGHT = 0xffe2;
export const CONTROL = 0xffe3;
export const RETURN = 0xff0d;
export const TAB = 0xff09;
/** Browser keys of the keyboard: what the mouse buttons "back" and "forward" do in Chromium. */
export const XF86_BACK = 0x1008ff26;
export const XF86_FORWARD = 0x1008ff27;

/**
 * Every name of a key that the computer's keyboard has: first X's own, then what Playwright, OpenAI and others call it. Case, `_`, `-` and spaces do not
 * count. A key that is not on the keyboard is not here: X would have to invent it, and what is pressed first gets lost on the way.
 */
const NAMES: readonly (readonly [keysym: number, ...names: string[]])[] = [
  [0xff08, "BackSpace"],
  [TAB, "Tab"],
  [RETURN, "Return", "Enter"],
  [0xff13, "Pause"],
  [0xff14, "Scroll_Lock"],
  [0xff1b, "Escape", "Esc"],
  [0xff50, "Home"],
  [0xff51, "Left", "ArrowLeft", "LeftArrow"],
  [0xff52, "Up", "ArrowUp", "UpArrow"],
  [0xff53, "Right", "ArrowRight", "RightArrow"],
  [0xff54, "Down", "ArrowDown", "DownArrow"],
  [0xff55, "Prior", "Page_Up", "PgUp"],
  [0xff56, "Next", "Page_Down", "PgDn", "PgDown"],
  [0xff57, "End"],
  [0xff61, "Print", "PrintScreen", "PrtSc", "PrtScn"],
  [0xff63, "Insert", "Ins"],
  [0xff65, "Undo"],
  [0xff66, "Redo", "Again"],
  [0xff67, "Menu", "ContextMenu", "Apps"],
  [0xff68, "Find"],
  [0xff69, "Cancel"],
  [0xff6a, "Help"],
  [0xff7f, "Num_Lock"],
  [0xffe5, "Caps_Lock", "Caps"],
  [0xffff, "Delete", "Del"],
  [SHIFT, "Shift_L", "Shift", "ShiftLeft", "LeftShift"],
  [SHIFT_RIGHT, "Shift_R", "ShiftRight", "RightShift"],
  [CONTROL, "Control_L", "Control", "Ctrl", "Ctrl_L", "ControlLeft", "LeftControl", "LeftCtrl", "ControlOrMeta"],
  [0xffe4, "Control_R", "Ctrl_R", "ControlRight", "RightControl", "RightCtrl"],
  [0xffe9, "Alt_L", "Alt", "AltLeft", "LeftAlt", "Option", "Opt", "OptionLeft"],
  [0xffea, "Alt_R", "AltRight", "RightAlt", "OptionRight"],
  [0xffeb, "Super_L", "Super", "Meta", "Meta_L", "MetaLeft", "LeftMeta", "Cmd", "Command", "Win", "Windows", "OS"],
  [0xffec, "Super_R", "Meta_R", "MetaRight", "RightMeta"],
  [0xfe03, "ISO_Level3_Shift", "AltGr", "AltGraph"],
  [0x20, "space", "Spacebar"],
  ...Array.from({ length: 12 }, (_, i) => [0xffbe + i, `F${i + 1}`] as [number, string]),
  ...Array.from({ length: 10 }, (_, i) => [0xffb0 + i, `KP_${i}`, `Numpad${i}`] as [number, ...string[]]),
  [0xffaa, "KP_Multiply", "NumpadMultiply"],
  [0xffab, "KP_Add", "NumpadAdd"],
  [0xffad, "KP_Subtract", "NumpadSubtract"],
  [0xffae, "KP_Decimal", "NumpadDecimal"],
  [0xffaf, "KP_Divide", "NumpadDivide"],
  [0xff8d, "KP_Enter", "NumpadEnter"],
  [XF86_BACK, "XF86Back", "BrowserBack"],
  [XF86_FORWARD, "XF86Forward", "BrowserForward"],
  [0x1008ff73, "XF86Reload", "BrowserRefresh"],
  [0x1008ff18, "XF86HomePage", "BrowserHome"],
  [0x1008ff12, "XF86AudioMute", "AudioVolumeMute"],
  [0x1008ff11, "XF86AudioLowerVolume", "AudioVolumeDown"],
  [0x1008ff13, "XF86AudioRaiseVolume", "AudioVolumeUp"],
  [0x1008ff14, "XF86AudioPlay", "MediaPlayPause"],
  [0x1008ff15, "XF86AudioStop", "MediaStop"],
  [0x1008ff16, "XF86AudioPrev", "MediaTrackPrevious"],
  [0x1008ff17, "XF86AudioNext", "MediaTrackNext"],
];

/** Names of keys that make a character: X's, then the codes of the W3C that Playwright takes. */
const CHARACTER_NAMES: Readonly<Record<string, string>> = {
  "`": "grave quoteleft Backquote",
  "~": "asciitilde tilde",
  "!": "exclam",
  "@": "at",
  "#": "numbersign hash",
  $: "dollar",
  "%": "percent",
  "^": "asciicircum caret",
  "&": "ampersand",
  "*": "asterisk",
  "(": "parenleft",
  ")": "parenright",
  "-": "minus",
  _: "underscore",
  "=": "equal",
  "+": "plus",
  "[": "bracketleft",
  "]": "bracketright",
  "{": "braceleft",
  "}": "braceright",
  "\\": "backslash",
  "|": "bar",
  ";": "semicolon",
  ":": "colon",
  "'": "apostrophe quoteright Quote",
  '"': "quotedbl",
  ",": "comma",
  "<": "less",
  ".": "period dot",
  ">": "greater",
  "/": "slash",
  "?": "question",
};

const normal = (name: string): string => name.toLowerCase().replace(/[\s_-]/g, "");

const TABLE = new Map<string, Key>();
/** As they are shown in a hint, by their normal form. */
const SPELLINGS = new Map<string, string>();
const enter = (name: string, key: Key) => {
  TABLE.set(normal(name), key);
  SPELLINGS.set(normal(name), name);
};
for (const [keysym, ...names] of NAMES) for (const name of names) enter(name, { plain: keysym, shifted: keysym, shift: false });
for (const [character, names] of Object.entries(CHARACTER_NAMES))
  for (const name of names.split(" ")) enter(name, characterKey(character)!);
for (const letter of "abcdefghijklmnopqrstuvwxyz") enter(`Key${letter.toUpperCase()}`, characterKey(letter)!);
for (const digit of "0123456789") enter(`Digit${digit}`, characterKey(digit)!);

/** The names that begin like this one, as a sentence. */
const hint = (name: string): string => {
  const start = normal(name).slice(0, 3);
  const near = [...SPELLINGS].filter(([form]) => start !== "" && form.startsWith(start)).map(([, spelling]) => spelling);
  return near.length > 0
    ? `did you mean ${near.slice(0, 5).join(", ")}?`
    : "use a name like Return, Tab, ctrl, ArrowLeft or F5, or one character";
};

/** Throws invalid_request with a hint when the computer's keyboard has no such key. */
export const keyOf = (name: string): Key => {
  const key = [...name].length === 1 ? characterKey(name) : TABLE.get(normal(name));
  if (key) return key;
  if ([...name].length === 1)
    throw new VitrineError("invalid_request", {
      reason: `${JSON.stringify(name)} is not on the computer's keyboard, which is US; a type action writes it`,
    });
  throw new VitrineError("invalid_request", { reason: `there is no key ${JSON.stringify(name)}; ${hint(name)}` });
};

/** Splits `ctrl+shift+t`; a plus that is a key itself is last, as in `ctrl++`, or alone. */
const parts = (text: string): string[] => {
  if (text.length === 1 || !text.includes("+")) return [text];
  if (text.endsWith("++")) return [...parts(text.slice(0, -2)), "+"];
  return text.split("+");
};

const isShift = ({ plain }: Key): boolean => plain === SHIFT || plain === SHIFT_RIGHT;
const isModifier = ({ plain }: Key): boolean => (plain >= 0xffe1 && plain <= 0xffee && plain !== 0xffe5) || plain === 0xfe03;

/**
 * The keys of a combination in the order in which they go down: each element is a name or names joined by `+`. A capital letter beside another
 * modifier is the letter's key, since models write CTRL+S for what people call Ctrl-S. Throws invalid_request for a name that is none.
 */
export const combination = (names: readonly string[]): Key[] => {
  const words = names.flatMap((name) => parts(name).filter((part) => part !== ""));
  if (words.length === 0) throw new VitrineError("invalid_request", { reason: "no key is named" });
  const keys = words.map((word) => ({ word, key: keyOf(word) }));
  const modified = keys.some(({ key }) => isModifier(key) && !isShift(key));
  return keys.map(({ word, key }) => (modified && isLetter(word) ? { ...key, shift: false } : key));
};
