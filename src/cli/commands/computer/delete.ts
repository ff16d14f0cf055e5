import type { Command } from "commander";
import type { Cli } from "../../cli.ts";
import { print } from "../../print.ts";
import { working } from "../../working.ts";

export const addDelete = (parent: Command, cli: Cli): void => {
  parent
    .command("delete <names...>")
    .alias("rm")
    .description("Delete computers and all they have")
    .action(async (names: string[]) => {
      const { computers } = cli.vitrine();
      for (const name of names) await working(cli, "computer", `deleting ${name}`, () => computers.delete(name, { signal: cli.signal }));
      print(cli, { deleted: names }, "");
    });
};
