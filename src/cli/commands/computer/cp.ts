import type { Command } from "commander";
import type { Cli } from "../../cli.ts";
import { copyIn } from "../../copy/in.ts";
import { copyOut } from "../../copy/out.ts";
import { planCopy } from "../../copy/place.ts";
import { print } from "../../print.ts";
import { startedComputer } from "../../started.ts";

export const addCopy = (parent: Command, cli: Cli): void => {
  parent
    .command("cp <from> <to>")
    .description("Copy files in or out; NAME:path is in the computer, and - writes to standard output")
    .option("-r, --recursive", "copy a folder")
    .action(async (from: string, to: string, { recursive = false }: { recursive?: boolean }) => {
      const copy = planCopy(from, to);
      const computer = await startedComputer(cli, copy.computer);
      if (copy.direction === "in") {
        const path = await copyIn(computer, copy.local, copy.remote, recursive, cli.signal);
        return print(cli, { computer: computer.name, path }, "");
      }
      const path = await copyOut(computer, copy.remote, copy.local, recursive, cli.stdout, cli.signal);
      if (path !== null) print(cli, { path }, "");
    });
};
