import type { Command } from "commander";
import type { Cli } from "../../cli.ts";
import { print } from "../../print.ts";
import { describe } from "../../show.ts";
import { addSpecOptions, type SpecOptions, specFrom } from "../../spec-options.ts";
import { working } from "../../working.ts";

export const addCreate = (parent: Command, cli: Cli): void => {
  addSpecOptions(parent.command("create").description("Create a computer and wait until it runs; Ctrl-C leaves nothing behind"))
    .option("--url <url>", "the page its browser opens")
    .action(async (options: SpecOptions & { url?: string }) => {
      const spec = specFrom(options, options.url);
      const computer = await working(cli, "computer", "creating", () => cli.vitrine().computers.create(spec, { signal: cli.signal }));
      print(cli, computer, describe(computer));
    });
};
