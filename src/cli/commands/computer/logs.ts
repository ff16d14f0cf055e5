import { type Command, Option } from "commander";
import { LOG_SOURCES, type LogSource } from "../../../contract/log-sources.ts";
import type { Cli } from "../../cli.ts";
import { plain, print } from "../../print.ts";
import { integer } from "../../values.ts";

export const addLogs = (parent: Command, cli: Cli): void => {
  parent
    .command("logs <name>")
    .description("Show the end of a computer's console, or of the log of a service in it")
    .addOption(new Option("--source <source>", "whose").choices(LOG_SOURCES).default("console"))
    .option("--tail <bytes>", "how much of it (default: 65536)", integer)
    .action(async (name: string, { source, tail }: { source: LogSource; tail?: number }) => {
      const computer = await cli.vitrine().computers.get(name, { signal: cli.signal });
      const text = await computer.logs(source, { signal: cli.signal, ...(tail !== undefined && { tailBytes: tail }) });
      print(cli, { source, text }, plain(text.replaceAll("\r\n", "\n")).trimEnd());
    });
};
