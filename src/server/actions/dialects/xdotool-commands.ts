import type { ActionInput, ActionResult, Button } from "../../../contract/actions.ts";
import { NOTCH } from "../../../contract/wheel.ts";
import { oneLine } from "../../text.ts";
import { chord } from "./chord.ts";
import { clicks } from "./clicks.ts";
import { refused } from "./reading.ts";
import type { Size, Space } from "./space.ts";
import { type Direction, distance } from "./wheel.ts";

/** The words that are left; each command takes its own off the front. */
export interface Words {
  command: string;
  rest: string[];
}

/** What one command does, and what it prints. */
export interface Done {
  actions: ActionInput[];
  prints?: (results: ActionResult[], screen: Size) => string;
}
type Command = (words: Words, space: Space) => Done;

const take = ({ command, rest }: Words, what: string): string => {
  const word = rest.shift();
  if (word === undefined) throw refused(`${command} lacks ${what}`);
  return word;
};
const number = (words: Words, what: string, min: number, max: number): number => {
  const word = take(words, what);
  const value = Number(word);
  if (word.trim() === "" || !(value >= min && value <= max))
    throw refused(`${words.command}: ${what} is '${oneLine(word, 32)}', and must be a number from ${min} to ${max}`);
  return value;
};

/** Takes the options off the front: the flags are passed over, the others have a value. */
const options = (words: Words, flags: string[], valued: string[]): Record<string, string> => {
  const found: Record<string, string> = {};
  while (/^--?[a-z]/i.test(words.rest[0] ?? "")) {
    const [name = "", inline] = words.rest.shift()!.split("=", 2);
    if (flags.includes(name)) found[name] = "";
    else if (valued.includes(name)) found[name] = inline ?? take(words, `the value of ${name}`);
    else
      throw refused(`${words.command} has no option '${oneLine(name, 32)}' here; known are ${[...flags, ...valued].join(", ") || "none"}`);
  }
  if (words.rest[0] === "--") words.rest.shift();
  return found;
};
const count = (words: Words, found: Record<string, string>, name: string, max: number, otherwise: number): number =>
  found[name] === undefined ? otherwise : Math.round(number({ command: words.command, rest: [found[name]] }, name, 0, max));

const BUTTONS: Record<string, Button> = { 1: "left", 2: "middle", 3: "right", 8: "back", 9: "forward" };
const WHEEL: Record<string, Direction> = { 4: "up", 5: "down", 6: "left", 7: "right" };

const button = (words: Words): Button => {
  const word = take(words, "the button");
  const found = Object.hasOwn(BUTTONS, word) && BUTTONS[word];
  if (!found) throw refused(`${words.command}: the button is '${oneLine(word, 32)}', and must be 1, 2, 3, 8 or 9`);
  return found;
};

const CLEAR = ["--clearmodifiers"];
const WINDOW = ["--window"];

/** Keys until the next command: a key is no command's name, and xdotool tells them apart the same way. */
const keysOf = (words: Words): string[] => {
  const keys: string[] = [];
  while (words.rest[0] !== undefined && !Object.hasOwn(COMMANDS, words.rest[0])) keys.push(words.rest.shift()!);
  if (keys.length === 0) throw refused(`${words.command} lacks a key`);
  return keys;
};

const key: Command = (words) => {
  const found = options(words, CLEAR, [...WINDOW, "--delay", "--repeat", "--repeat-delay"]);
  const repeat = Math.max(1, count(words, found, "--repeat", 1000, 1));
  const actions = keysOf(words).map((text): ActionInput => ({ type: "key", keys: chord(text) }));
  if (repeat === 1 || actions.length !== 1) return { actions: Array.from({ length: repeat }, () => actions).flat() };
  return { actions: [{ ...(actions[0] as ActionInput & { type: "key" }), repeat }] };
};

const held =
  (type: "key_down" | "key_up"): Command =>
  (words) => {
    options(words, CLEAR, [...WINDOW, "--delay"]);
    return {
      actions: keysOf(words)
        .flatMap(chord)
        .map((key) => ({ type, key })),
    };
  };

/** Takes all the words that are left, unless it is told how many or at which it ends. */
const type: Command = (words) => {
  const found = options(words, CLEAR, [...WINDOW, "--delay", "--args", "--terminator"]);
  const delay = count(words, found, "--delay", 1000, 0);
  const end = found["--terminator"];
  const given = count(words, found, "--args", 10_000, words.rest.length);
  const at = end === undefined ? -1 : words.rest.indexOf(end);
  const texts = words.rest.splice(0, at >= 0 ? at : given);
  if (at >= 0) words.rest.shift();
  if (texts.length === 0) throw refused("type lacks a text");
  return { actions: [{ type: "type", text: texts.join(""), ...(delay > 0 && { delay_ms: delay }) }] };
};

const click: Command = (words) => {
  const found = options(words, CLEAR, [...WINDOW, "--repeat", "--delay"]);
  const repeat = Math.max(1, count(words, found, "--repeat", 100, 1));
  const wheel = Object.hasOwn(WHEEL, words.rest[0] ?? "") && WHEEL[words.rest[0]!];
  if (!wheel) return { actions: clicks(repeat, { button: button(words) }) };
  words.rest.shift();
  return { actions: [{ type: "scroll", ...distance(wheel, repeat * NOTCH) }] };
};

const pressed =
  (type: "mouse_down" | "mouse_up"): Command =>
  (words) => {
    options(words, CLEAR, WINDOW);
    return { actions: [{ type, button: button(words) }] };
  };

const location: Command = (words) => {
  const shell = "--shell" in options(words, ["--shell"], []);
  return {
    actions: [{ type: "cursor_position" }],
    prints: ([result]) => {
      const { x = 0, y = 0 } = result ?? {};
      return shell ? `X=${x}\nY=${y}\nSCREEN=0\nWINDOW=0\n` : `x:${x} y:${y} screen:0 window:0\n`;
    },
  };
};

export const COMMANDS: Record<string, Command> = {
  mousemove: (words, space) => {
    options(words, [...CLEAR, "--sync"], [...WINDOW, "--screen"]);
    const x = number(words, "x", 0, 16383);
    const y = number(words, "y", 0, 16383);
    return { actions: [{ type: "move", ...space.toScreen(x, y) }] };
  },
  click,
  mousedown: pressed("mouse_down"),
  mouseup: pressed("mouse_up"),
  key,
  keydown: held("key_down"),
  keyup: held("key_up"),
  type,
  sleep: (words) => ({ actions: [{ type: "wait", ms: Math.round(number(words, "the seconds", 0, 100) * 1000) }] }),
  getmouselocation: location,
  getdisplaygeometry: (words) => {
    const shell = "--shell" in options(words, ["--shell"], []);
    return {
      actions: [{ type: "wait", ms: 0 }],
      prints: (_, { width, height }) => (shell ? `WIDTH=${width}\nHEIGHT=${height}\n` : `${width} ${height}\n`),
    };
  },
};
