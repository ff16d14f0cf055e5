import { type Command, Option } from "commander";
import type { LinkInfo, Power } from "../../../client/index.ts";
import type { Cli } from "../../cli.ts";
import { fields, print, table } from "../../print.ts";
import { describe } from "../../show.ts";
import { integer } from "../../values.ts";

const POWERS = ["cdp", "view", "control", "files", "port", "terminal"] as const satisfies readonly Power[];

const row = (link: LinkInfo): string[] => [
  link.link_id,
  [
    link.power,
    ...(link.port === null ? [] : [link.port]),
    ...(link.terminal_id === null ? [] : [link.terminal_id]),
    ...(link.read_only ? ["read-only"] : []),
    ...(link.one_time ? ["once"] : []),
  ].join(" "),
  link.own ? "the computer's own" : "",
  String(link.uses),
  link.expires_at ?? "with the computer",
];

interface CreateOptions {
  port?: number;
  terminal?: string;
  ttl?: number;
  readOnly?: boolean;
  oneTime?: boolean;
}

export const addLink = (parent: Command, cli: Cli): void => {
  const link = parent.command("link").description("URLs that grant one power over a computer, for a time");
  link
    .command("create <name>")
    .description("Make one and print its URL")
    .addOption(new Option("--power <power>", "what it may do").choices(POWERS).makeOptionMandatory())
    .option("--port <n>", "with --power port: which published port", integer)
    .option("--terminal <id>", "with --power terminal: which")
    .option("--ttl <seconds>", "how long it is good; an hour unless this says otherwise", integer)
    .option("--read-only", "with --power files: nothing may be written")
    .option("--one-time", "it opens once")
    .action(async (name: string, { power, port, terminal, ttl, readOnly, oneTime }: CreateOptions & { power: Power }) => {
      const computer = await cli.vitrine().computers.get(name, { signal: cli.signal });
      const given = Object.entries({ port, terminal_id: terminal, ttl_s: ttl, read_only: readOnly, one_time: oneTime }).filter(
        ([, value]) => value !== undefined,
      );
      const made = await computer.links.create(power, { ...Object.fromEntries(given), signal: cli.signal });
      print(cli, made, fields({ id: made.link_id, url: made.url, ws_url: made.ws_url, expires: made.expires_at }));
    });
  link
    .command("list <name>")
    .alias("ls")
    .description("List the links that are good; their URLs were shown when they were made")
    .action(async (name: string) => {
      const computer = await cli.vitrine().computers.get(name, { signal: cli.signal });
      const links = await computer.links.list({ signal: cli.signal });
      print(cli, links, table(["ID", "POWER", "", "USES", "EXPIRES"], links.map(row)));
    });
  link
    .command("revoke <name> <id>")
    .description("End a link and what it opened")
    .action(async (name: string, id: string) => {
      const computer = await cli.vitrine().computers.get(name, { signal: cli.signal });
      await computer.links.revoke(id, { signal: cli.signal });
      print(cli, { link_id: id, revoked: true }, `revoked ${id}`);
    });
  link
    .command("renew <name>")
    .description("Give the computer new URLs, and end what the old ones opened")
    .action(async (name: string) => {
      const computer = await cli.vitrine().computers.get(name, { signal: cli.signal });
      await computer.links.renew({ signal: cli.signal });
      print(cli, computer, describe(computer));
    });
};
