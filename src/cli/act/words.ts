import type { ActionInput, ActionType, Button } from "../../client/index.ts";
import { UsageError } from "../cli.ts";

/** What an action takes besides its words. */
export interface ActFlags {
  at?: string;
  button?: string;
  count?: number;
  hold?: string;
  repeat?: number;
  durationMs?: number;
  delayMs?: number;
  format?: string;
  scale?: number;
}

type Words = readonly string[];
/** How a command line is read for an action, and what its help shows. */
interface Reader {
  usage: string;
  read(words: Words, flags: ActFlags): object;
}

const whole = (word: string | undefined, what: string): number => {
  if (!/^-?\d{1,9}$/.test(word ?? "")) throw new UsageError(`Give ${what} as a whole number${word === undefined ? "" : `, not ${word}`}.`);
  return Number(word);
};
const point = ([x, y]: Words) => ({ x: whole(x, "X"), y: whole(y, "Y") });
const pointIfAny = (words: Words) => (words.length === 0 ? {} : point(words));
const place = ({ at }: ActFlags) => (at === undefined ? {} : point(at.split(",")));
const buttonOf = ({ button }: ActFlags) => (button === undefined ? {} : { button: button as Button });
const keysOf = ({ hold }: ActFlags) => (hold === undefined ? {} : { keys: hold.split(",") });
const region = ([x, y, width, height]: Words) => ({
  ...point([x ?? "", y ?? ""]),
  width: whole(width, "WIDTH"),
  height: whole(height, "HEIGHT"),
});
const one = (words: Words, what: string): string => {
  if (words.length !== 1 || words[0] === undefined) throw new UsageError(`Give ${what}, in quotes where it has spaces.`);
  return words[0];
};
const none: Reader = { usage: "", read: () => ({}) };

/** Ranges are the service's business: it answers with its own sentence. */
const READERS: Record<ActionType, Reader> = {
  move: { usage: "X Y", read: (words) => point(words) },
  click: {
    usage: "[X Y]",
    read: (words, flags) => ({
      ...pointIfAny(words),
      ...buttonOf(flags),
      ...(flags.count !== undefined && { count: flags.count }),
      ...keysOf(flags),
    }),
  },
  mouse_down: { usage: "[X Y]", read: (words, flags) => ({ ...pointIfAny(words), ...buttonOf(flags) }) },
  mouse_up: { usage: "[X Y]", read: (words, flags) => ({ ...pointIfAny(words), ...buttonOf(flags) }) },
  drag: {
    usage: "X Y X Y...",
    read: (words, flags) => ({
      path: Array.from({ length: Math.ceil(words.length / 2) }, (_, i) => Object.values(point(words.slice(2 * i, 2 * i + 2)))),
      ...buttonOf(flags),
      ...keysOf(flags),
      ...(flags.durationMs !== undefined && { duration_ms: flags.durationMs }),
    }),
  },
  scroll: {
    usage: "DX DY",
    read: ([dx, dy], flags) => ({ dx: whole(dx, "DX"), dy: whole(dy, "DY"), ...place(flags), ...keysOf(flags) }),
  },
  type: {
    usage: "TEXT",
    read: (words, { delayMs }) => ({ text: one(words, "the text"), ...(delayMs !== undefined && { delay_ms: delayMs }) }),
  },
  key: { usage: "KEYS", read: (words, { repeat }) => ({ keys: [...words], ...(repeat !== undefined && { repeat }) }) },
  hold_key: { usage: "KEYS MS", read: (words) => ({ keys: words.slice(0, -1), duration_ms: whole(words.at(-1), "MS") }) },
  key_down: { usage: "KEY", read: (words) => ({ key: one(words, "a key") }) },
  key_up: { usage: "KEY", read: (words) => ({ key: one(words, "a key") }) },
  wait: { usage: "MS", read: ([ms]) => ({ ms: whole(ms, "MS") }) },
  screenshot: {
    usage: "[X Y WIDTH HEIGHT]",
    read: (words, { format, scale }) => ({
      ...(words.length > 0 && { region: region(words) }),
      ...(format !== undefined && { format }),
      ...(scale !== undefined && { scale }),
    }),
  },
  zoom: { usage: "X Y WIDTH HEIGHT", read: (words, { format }) => ({ region: region(words), ...(format !== undefined && { format }) }) },
  cursor_position: none,
  clipboard_get: none,
  clipboard_set: { usage: "TEXT", read: (words) => ({ text: one(words, "the text") }) },
  paste: { usage: "TEXT", read: (words) => ({ text: one(words, "the text") }) },
  navigate: { usage: "URL", read: (words) => ({ url: one(words, "a URL") }) },
  back: none,
  forward: none,
  reload: none,
  tabs: none,
  new_tab: { usage: "[URL]", read: (words) => (words.length > 0 ? { url: one(words, "a URL") } : {}) },
  switch_tab: { usage: "TAB_ID", read: (words) => ({ tab_id: one(words, "a tab's id") }) },
  close_tab: { usage: "TAB_ID", read: (words) => ({ tab_id: one(words, "a tab's id") }) },
};

/** Their names. */
export const ACTIONS = Object.keys(READERS);

/** `click 100 200` as an action. Throws UsageError for what cannot be one. */
export const actionFrom = (name: string, words: Words, flags: ActFlags): ActionInput => {
  if (!Object.hasOwn(READERS, name)) throw new UsageError(`There is no action ${name}. Use one of ${ACTIONS.join(", ")}.`);
  return { type: name, ...READERS[name as ActionType].read(words, flags) } as ActionInput;
};

/** What each action takes, for the command's help. */
export const actionsHelp = (): string =>
  ["", "Actions:", ...Object.entries(READERS).map(([name, { usage }]) => `  ${name} ${usage}`.trimEnd())].join("\n");
