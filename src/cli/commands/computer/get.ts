import type { Command } from "commander";
import type { Cli } from "../../cli.ts";
import { print } from "../../print.ts";
import { describe } from "../../show.ts";

export const addGet = (parent: Command, cli: Cli): void => {
  parent
    .command("get <name>")
    .description("Show one computer, by name or id")
    .action(async (name: string) => {
      const computer = await cli.vitrine().computers.get(name, { signal: cli.signal });
      print(cli, computer, describe(computer));
    });
};
