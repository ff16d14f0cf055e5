import type { Command } from "commander";
import type { Cli } from "../../cli.ts";
import { print, table } from "../../print.ts";
import { integer } from "../../values.ts";
import { working } from "../../working.ts";

export const addFork = (parent: Command, cli: Cli): void => {
  parent
    .command("fork <name>")
    .description("Copy a computer as it is now, its browser's logins included")
    .option("--count <n>", "how many copies", integer, 1)
    .option("--name <name>", "the copy's name; of several, what their names begin with")
    .action(async (from: string, options: { count: number; name?: string }) => {
      const computer = await cli.vitrine().computers.get(from, { signal: cli.signal });
      const copies = await working(cli, "computer", `copying ${computer.name}`, () => computer.fork({ ...options, signal: cli.signal }));
      const rows = copies.map(({ name, id, status }) => [name, id, status]);
      print(cli, copies, table(["NAME", "ID", "STATUS"], rows));
    });
};
