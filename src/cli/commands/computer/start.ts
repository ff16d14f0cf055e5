import type { Command } from "commander";
import type { Cli } from "../../cli.ts";
import { print } from "../../print.ts";
import { describe } from "../../show.ts";
import { working } from "../../working.ts";

export const addStart = (parent: Command, cli: Cli): void => {
  parent
    .command("start <name>")
    .description("Start a stopped computer, or one in error")
    .action(async (name: string) => {
      const computer = await cli.vitrine().computers.get(name, { signal: cli.signal });
      await working(cli, "computer", `starting ${computer.name}`, () => computer.start({ signal: cli.signal }));
      print(cli, computer, describe(computer));
    });
};
