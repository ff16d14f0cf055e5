import { text } from "node:stream/consumers";
import type { Command } from "commander";
import type { Computer, ExecOptions, Exit } from "../../../client/index.ts";
import { type Cli, UsageError } from "../../cli.ts";
import { exitCodeOf } from "../../exit-code.ts";
import { print } from "../../print.ts";
import { startedComputer } from "../../started.ts";
import { pairs, seconds } from "../../values.ts";

interface RunOptions {
  timeout: number;
  user?: string;
  cwd?: string;
  env?: Record<string, string>;
  stdin?: boolean;
}

/** 124 for one that took too long. */
const codeOf = (exit: Exit): number => (exit.timed_out ? 124 : exitCodeOf(exit));

/** Writes with back-pressure, so that a slow reader slows the command. */
const write = (stream: NodeJS.WritableStream, data: string): Promise<void> =>
  new Promise((resolve, reject) => stream.write(data, (error) => (error ? reject(error) : resolve())));

const streamed = async (cli: Cli, computer: Computer, command: string | string[], options: ExecOptions): Promise<void> => {
  for await (const event of computer.execStream(command, options)) {
    if (event.type !== "exit") await write(event.type === "stdout" ? cli.stdout : cli.stderr, event.data);
    else {
      if (event.timed_out) cli.stderr.write(`vitrine: ended after ${options.timeout_s} s; --timeout gives it longer\n`);
      cli.exitCode = codeOf(event);
    }
  }
};

export const addRun = (parent: Command, cli: Cli): void => {
  parent
    .command("run <name> <command...>")
    .description(
      "Run a command in a computer, starting it if it is stopped: one word goes to the shell, several (after --) are run as they are",
    )
    .option("--timeout <seconds>", "end it after this long", seconds, 30)
    .option("--user <user>", "ohm or root")
    .option("--cwd <path>", "folder to run it in")
    .option("--env <KEY=VALUE>", "environment (repeatable)", pairs)
    .option("-i, --stdin", "give it what comes on standard input, up to 8 MiB")
    .action(async (name: string, words: string[], { timeout, user, cwd, env, stdin }: RunOptions) => {
      const command = words.length === 1 ? (words[0] ?? "") : words;
      if (command === "") throw new UsageError("Give a command.");
      const computer = await startedComputer(cli, name);
      const options: ExecOptions = {
        signal: cli.signal,
        timeout_s: timeout,
        ...(user && { user }),
        ...(cwd && { cwd }),
        ...(env && { env }),
        ...(stdin && { stdin: await text(cli.stdin) }),
      };
      if (!cli.json()) return streamed(cli, computer, command, options);
      const result = await computer.exec(command, options);
      print(cli, result, "");
      cli.exitCode = codeOf(result);
    });
};
