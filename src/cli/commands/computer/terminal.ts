import type { Command } from "commander";
import type { Cli } from "../../cli.ts";
import { print, table } from "../../print.ts";

export const addTerminal = (parent: Command, cli: Cli): void => {
  const terminal = parent.command("terminal").description("Terminals that run in a computer; `ssh` makes and attaches to them");
  const find = (name: string) => cli.vitrine().computers.get(name, { signal: cli.signal });
  terminal
    .command("list <name>")
    .alias("ls")
    .description("List those that run, left or not")
    .action(async (name: string) => {
      const terminals = await (await find(name)).terminals.list({ signal: cli.signal });
      const rows = terminals.map((one) => [one.terminal_id, one.user, one.started_at, one.command]);
      print(cli, terminals, table(["ID", "USER", "SINCE", "COMMAND"], rows));
    });
  terminal
    .command("end <name> <id>")
    .description("Hang up, which ends what runs on it")
    .action(async (name: string, id: string) => {
      await (await find(name)).terminals.end(id, { signal: cli.signal });
      print(cli, { terminal_id: id, ended: true }, `ended ${id}`);
    });
};
