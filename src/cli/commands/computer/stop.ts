import { type Command, Option } from "commander";
import type { Cli } from "../../cli.ts";
import { print } from "../../print.ts";
import { working } from "../../working.ts";

export const addStop = (parent: Command, cli: Cli): void => {
  parent
    .command("stop <name>")
    .description("Stop a computer; its memory and files stay")
    .addOption(
      new Option("--mode <mode>", "suspend (the default) keeps memory and files, shutdown the files alone").choices([
        "suspend",
        "shutdown",
      ]),
    )
    .action(async (name: string, { mode }: { mode?: "suspend" | "shutdown" }) => {
      const computer = await cli.vitrine().computers.get(name, { signal: cli.signal });
      await working(cli, "computer", `stopping ${computer.name}`, () => computer.stop({ signal: cli.signal, ...(mode && { mode }) }));
      print(cli, computer, `${computer.name} is ${computer.status}.`);
    });
};
