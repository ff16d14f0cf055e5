import type { Argument, Command, Option } from "commander";

/** Where in the program a command line has come to. */
export interface Position {
  command: Command;
  /** How many arguments it was given already. */
  given: number;
  /** The option that waits for its value. */
  option: Option | null;
  /** After `--` nothing is an option. */
  optionsEnded: boolean;
}

/** A command and those above it, which lend it their options. */
export const lineOf = (command: Command): Command[] => (command.parent ? [command, ...lineOf(command.parent)] : [command]);

export const optionOf = (command: Command, flag: string): Option | undefined =>
  lineOf(command)
    .flatMap(({ options }) => options)
    .find(({ long, short }) => flag === long || flag === short);

const step = (at: Position, word: string): Position => {
  if (at.option) return { ...at, option: null };
  if (at.optionsEnded) return { ...at, given: at.given + 1 };
  if (word === "--") return { ...at, optionsEnded: true };
  if (/^-./.test(word)) {
    const option = optionOf(at.command, word);
    return option?.required || option?.optional ? { ...at, option } : at;
  }
  const below = at.command.commands.find((one) => one.name() === word || one.aliases().includes(word));
  return below ? { ...at, command: below } : { ...at, given: at.given + 1 };
};

/** Reads whole words as commander does. */
export const positionAfter = (program: Command, words: readonly string[]): Position =>
  words.reduce(step, { command: program, given: 0, option: null, optionsEnded: false });

/** The argument that comes next; null when there is room for no more. */
export const nextArgument = ({ command, given }: Position): Argument | null => {
  const all = command.registeredArguments;
  const last = all.at(-1);
  return all[given] ?? (last?.variadic ? last : null);
};
