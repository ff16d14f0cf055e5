import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { print, table } from "../print.ts";

export const addCapacity = (parent: Command, cli: Cli): void => {
  parent
    .command("capacity")
    .description("Say how much the service's host takes on, and how many more computers fit")
    .action(async () => {
      const capacity = await cli.vitrine().capacity({ signal: cli.signal });
      const { computers, ram_mb, vcpus, disk_mb, queue } = capacity;
      const rows = Object.entries({ computers, "RAM (MiB)": ram_mb, vcpus, "disk (MiB)": disk_mb }).map(([name, { total, used, free }]) => [
        name,
        ...[total, used, free].map(String),
      ]);
      const verdict = `${capacity.fits} more of the default size fit; ${capacity.limited_by} runs out first.`;
      const waiting = queue.waiting > 0 ? ` ${queue.waiting} creates and starts wait.` : "";
      print(cli, capacity, `${table(["", "TOTAL", "USED", "FREE"], rows)}\n\n${verdict}${waiting}`);
    });
};
