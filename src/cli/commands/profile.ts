import type { Command } from "commander";
import type { Profile } from "../../client/index.ts";
import type { Cli } from "../cli.ts";
import { print, table } from "../print.ts";

const row = ({ name, key_id, saved_at, size_bytes, computer_id }: Profile): string[] => [
  name,
  saved_at,
  `${Math.ceil(size_bytes / 1024 ** 2)} MB`,
  computer_id ?? "",
  key_id ?? "",
];

export const addProfile = (parent: Command, cli: Cli): void => {
  const profile = parent
    .command("profile")
    .description("What browsers know, kept from one computer to the next; computer create --profile makes and uses one");
  profile
    .command("list")
    .alias("ls")
    .description("List kept profiles, and which computer has each")
    .action(async () => {
      const profiles = await cli.vitrine().profiles.list({ signal: cli.signal });
      print(cli, profiles, table(["NAME", "SAVED", "SIZE", "COMPUTER", "KEY"], profiles.map(row)));
    });
  profile
    .command("delete <names...>")
    .alias("rm")
    .description("Delete profiles that no computer keeps")
    .option("--key <id>", "for the operator: the key whose they are")
    .action(async (names: string[], { key: key_id }: { key?: string }) => {
      const { profiles } = cli.vitrine();
      for (const name of names) await profiles.delete(name, { key_id, signal: cli.signal });
      print(cli, { deleted: names }, names.map((name) => `deleted ${name}`).join("\n"));
    });
};
