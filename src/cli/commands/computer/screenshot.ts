import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import type { Cli } from "../../cli.ts";
import { print } from "../../print.ts";

export const addScreenshot = (parent: Command, cli: Cli): void => {
  parent
    .command("screenshot <name>")
    .description("Save a computer's screen as PNG")
    .option("-o, --output <file>", "where to; - is standard output (default: NAME.png)")
    .action(async (name: string, { output }: { output?: string }) => {
      const computer = await cli.vitrine().computers.get(name, { signal: cli.signal });
      const png = await computer.screenshot({ signal: cli.signal });
      if (output === "-") {
        cli.stdout.write(png);
        return;
      }
      const file = output ?? `${computer.name}.png`;
      await writeFile(file, png);
      print(cli, { file, size_bytes: png.length }, file);
    });
};
