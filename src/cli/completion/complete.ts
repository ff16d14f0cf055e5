import type { Command, Option } from "commander";
import { lineOf, nextArgument, optionOf, type Position, positionAfter } from "./position.ts";

/** One text that may stand where the cursor is, and what it does, where that is known. */
export interface Candidate {
  value: string;
  about?: string;
}

export interface Candidates {
  candidates: Candidate[];
  /** A path on this machine may stand there, too. */
  files: boolean;
}

type Names = () => Promise<string[]>;

const only = (values: readonly string[], files = false): Candidates => ({ candidates: values.map((value) => ({ value })), files });

const valuesOf = ({ flags, argChoices }: Option): Candidates => only(argChoices ?? [], /<file>/.test(flags));

const flagsOf = (command: Command): Candidate[] => {
  const help = command.createHelp();
  return [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)].map(({ long, short, description }) => ({
    value: long ?? short ?? "",
    about: description,
  }));
};

const subcommandsOf = (command: Command): Candidate[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .map((one) => ({ value: one.name(), about: one.description() }));

/** An argument has its choices, or is known by its name: below `computer`, <name> is that of a computer. */
const argumentsAt = async (at: Position, computers: Names): Promise<Candidates> => {
  const argument = nextArgument(at);
  const name = argument?.name() ?? "";
  if (argument?.argChoices) return only(argument.argChoices);
  if (name === "from" || name === "to")
    return only(
      (await computers()).map((one) => `${one}:`),
      true,
    );
  const ofComputer = lineOf(at.command).some((one) => one.name() === "computer");
  return ofComputer && /^names?$/.test(name) ? only(await computers()) : only([], name === "file");
};

const all = async (at: Position, word: string, computers: Names): Promise<Candidates> => {
  if (at.option) return valuesOf(at.option);
  const [, flag = "", equals] = /^(--[a-z-]+)(=)?/.exec(word) ?? [];
  if (equals && !at.optionsEnded) {
    const option = optionOf(at.command, flag);
    const { candidates } = option ? valuesOf(option) : only([]);
    return { candidates: candidates.map(({ value }) => ({ value: `${flag}=${value}` })), files: false };
  }
  if (word.startsWith("-") && !at.optionsEnded) return { candidates: flagsOf(at.command), files: false };
  const { candidates, files } = await argumentsAt(at, computers);
  return { candidates: [...subcommandsOf(at.command), ...candidates], files };
};

/** What may stand in the place of the last of `words`, which is what was typed of it. The program says what there is; nothing is written down twice. */
export const complete = async (program: Command, words: readonly string[], computers: Names): Promise<Candidates> => {
  const word = words.at(-1) ?? "";
  const { candidates, files } = await all(positionAfter(program, words.slice(0, -1)), word, computers);
  return { candidates: candidates.filter(({ value }) => value.startsWith(word)), files };
};
