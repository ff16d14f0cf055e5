import type { Command } from "commander";
import type { Snapshot } from "../../../client/index.ts";
import type { Cli } from "../../cli.ts";
import { fields, print, table } from "../../print.ts";
import { describe } from "../../show.ts";
import { working } from "../../working.ts";

const mebibytes = ({ size_bytes }: Snapshot): string => `${Math.ceil(size_bytes / 1024 ** 2)} MB`;

export const addSnapshot = (parent: Command, cli: Cli): void => {
  const snapshot = parent.command("snapshot").description("Keep what /home/ohm is now, and have it back; snapshots go with their computer");
  const find = (name: string) => cli.vitrine().computers.get(name, { signal: cli.signal });
  snapshot
    .command("create <name>")
    .description("Keep what it is now; a running computer goes on")
    .option("--name <name>", "what the snapshot is called")
    .action(async (name: string, options: { name?: string }) => {
      const computer = await find(name);
      const made = await working(cli, "snapshot", `keeping ${computer.name}`, () =>
        computer.snapshots.create({ ...options, signal: cli.signal }),
      );
      print(cli, made, fields({ id: made.id, name: made.name, created: made.created_at, size: mebibytes(made) }));
    });
  snapshot
    .command("list <name>")
    .alias("ls")
    .description("List a computer's snapshots, newest first")
    .action(async (name: string) => {
      const snapshots = await (await find(name)).snapshots.list({ signal: cli.signal });
      const rows = snapshots.map((one) => [one.id, one.name ?? "", one.created_at, mebibytes(one)]);
      print(cli, snapshots, table(["ID", "NAME", "CREATED", "SIZE"], rows));
    });
  snapshot
    .command("restore <name> <id>")
    .description("Make /home/ohm of a stopped computer what it was; computer create --workspace-snapshot makes a new one from it")
    .action(async (name: string, id: string) => {
      const computer = await find(name);
      await working(cli, "snapshot", `restoring ${computer.name}`, () => computer.snapshots.restore(id, { signal: cli.signal }));
      print(cli, computer, describe(computer));
    });
  snapshot
    .command("delete <name> <id>")
    .alias("rm")
    .description("Delete a snapshot")
    .action(async (name: string, id: string) => {
      await (await find(name)).snapshots.delete(id, { signal: cli.signal });
      print(cli, { id, deleted: true }, `deleted ${id}`);
    });
};
