import { Argument, type Command } from "commander";
import type { Cli } from "../cli.ts";
import { complete } from "../completion/complete.ts";
import { FILES, SCRIPTS } from "../completion/scripts.ts";
import { plain, print } from "../print.ts";

/** Milliseconds that a Tab waits for the names of computers. */
const NAMES_MS = 5000;
/** More are not read by anybody. */
const MOST_NAMES = 200;

const computerNames = async (cli: Cli): Promise<string[]> => {
  try {
    const { data } = await cli.vitrine().computers.list({ limit: MOST_NAMES, timeoutMs: NAMES_MS, signal: cli.signal });
    return data.map(({ name }) => name);
  } catch {
    // Whoever presses Tab asks for no error.
    return [];
  }
};

export const addCompletion = (program: Command, cli: Cli): void => {
  program
    .command("completion")
    .description("Print what makes a shell complete this command: commands, options and their values, names of computers, files")
    .addArgument(new Argument("<shell>", "which").choices(Object.keys(SCRIPTS)))
    .addHelpText(
      "after",
      `
For good:
  bash   echo 'source <(vitrine completion bash)' >> ~/.bashrc
  zsh    echo 'source <(vitrine completion zsh)' >> ~/.zshrc      (after compinit)
  fish   vitrine completion fish > ~/.config/fish/completions/vitrine.fish`,
    )
    .action((shell: keyof typeof SCRIPTS) => print(cli, { shell, script: SCRIPTS[shell] }, SCRIPTS[shell].trimEnd()));
  program
    .command("complete [words...]", { hidden: true })
    .description("What may stand in the place of the last word; for the scripts of `completion`")
    .action(async (words: string[]) => {
      const { candidates, files } = await complete(program, words, () => computerNames(cli));
      const lines = candidates.map(({ value, about }) => plain(about ? `${value}\t${about}` : value));
      for (const line of files ? [...lines, FILES] : lines) cli.stdout.write(`${line}\n`);
    });
};
