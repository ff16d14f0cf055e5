import type { Command } from "commander";
import { type Cli, UsageError } from "../../cli.ts";
import { exitCodeOf } from "../../exit-code.ts";
import { joinTerminal, ttyOf } from "../../raw-terminal.ts";
import { startedComputer } from "../../started.ts";
import { pairs } from "../../values.ts";

interface SshOptions {
  attach?: string;
  user?: string;
  cwd?: string;
  env?: Record<string, string>;
}

export const addSsh = (parent: Command, cli: Cli): void => {
  parent
    .command("ssh <name> [command...]")
    .description(
      "Work on a terminal of a computer, starting it if it is stopped: a login shell, or a command as `run` takes it. Ctrl-] leaves it running",
    )
    .option("--attach <id>", "come back to a terminal that runs")
    .option("--user <user>", "ohm or root")
    .option("--cwd <path>", "folder to begin in")
    .option("--env <KEY=VALUE>", "environment (repeatable)", pairs)
    .action(async (name: string, words: string[], { attach, ...options }: SshOptions) => {
      const tty = ttyOf(cli);
      if (!tty) throw new UsageError(`ssh needs a terminal. Without one, use \`vitrine computer run ${name} -- COMMAND\`.`);
      if (attach !== undefined && (words.length > 0 || Object.keys(options).length > 0))
        throw new UsageError("--attach comes back to what runs already; give no command, user, folder or environment with it.");
      const computer = await startedComputer(cli, name);
      const { signal } = cli;
      const command = words.length === 0 ? {} : words.length === 1 ? { command: words[0] as string } : { argv: words };
      const { columns, rows } = tty.stdout;
      const id = attach ?? (await computer.terminals.create({ ...options, ...command, columns, rows, signal })).terminal_id;
      const terminal = await computer.terminals.attach(id, { signal }).catch(async (error: unknown) => {
        // What nobody has seen is not left running.
        if (attach === undefined) await computer.terminals.end(id).catch(() => {});
        throw error;
      });
      const exit = await joinTerminal(tty, terminal, signal);
      if (exit) cli.exitCode = exitCodeOf(exit);
      else cli.stderr.write(`left running; come back with: vitrine computer ssh ${name} --attach ${id}\n`);
    });
};
