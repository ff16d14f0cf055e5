import { type Command, Option } from "commander";
import type { Computer, Status, TemplateName } from "../../../client/index.ts";
import { STATUSES, TEMPLATES } from "../../../contract/computer.ts";
import type { Cli } from "../../cli.ts";
import { print, table } from "../../print.ts";

const row = (c: Computer): string[] => [c.name, c.id, c.status, c.template, String(c.vcpus), String(c.ram_mb), c.created_at];

export const addList = (parent: Command, cli: Cli): void => {
  parent
    .command("list")
    .alias("ls")
    .description("List computers, newest first")
    .addOption(new Option("--status <status>", "only those in this status").choices(STATUSES))
    .addOption(new Option("--template <name>", "only those of this template").choices(TEMPLATES))
    .action(async (options: { status?: Status; template?: TemplateName }) => {
      const computers: Computer[] = [];
      for await (const computer of cli.vitrine().computers.all({ ...options, limit: 200, signal: cli.signal })) computers.push(computer);
      const human = table(["NAME", "ID", "STATUS", "TEMPLATE", "CORES", "MB", "CREATED"], computers.map(row));
      print(cli, computers, computers.length > 0 ? human : "There are no computers. Make one with 'vitrine computer create'.");
    });
};
