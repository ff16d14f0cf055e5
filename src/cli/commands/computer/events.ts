import type { Command } from "commander";
import type { Event, EventType } from "../../../client/index.ts";
import type { Cli } from "../../cli.ts";
import { plain, print } from "../../print.ts";
import { integer } from "../../values.ts";

const line = (at: string, type: string, actor: string, data: string): string =>
  plain([at.padEnd(24), type.padEnd(18), actor.padEnd(12), data].join("  ").replace(/\s/g, " ").trimEnd());
const HEADINGS = line("TIME", "TYPE", "ACTOR", "DATA");

const short = (data: Event["data"]): string =>
  Object.entries(data)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
const human = ({ at, type, actor, data }: Event): string => line(at, type, actor ?? "-", short(data));

interface Options {
  follow?: boolean;
  after?: number;
  type?: string;
}

export const addEvents = (parent: Command, cli: Cli): void => {
  parent
    .command("events <name>")
    .description("Show what happened to a computer, oldest first; a deleted one is known by its id")
    .option("-f, --follow", "go on with what happens, until it is deleted; with --json, one event a line")
    .option("--after <id>", "only events after this one", integer)
    .option("--type <types>", "only these types, separated by commas")
    .action(async (name: string, { follow, after, type }: Options) => {
      const vitrine = cli.vitrine();
      const options = {
        computer: name,
        signal: cli.signal,
        ...(after !== undefined && { after }),
        ...(type !== undefined && { types: type.split(",") as EventType[] }),
      };
      if (follow) {
        if (!cli.json()) cli.stdout.write(`${HEADINGS}\n`);
        for await (const event of vitrine.events(options)) cli.stdout.write(`${cli.json() ? JSON.stringify(event) : human(event)}\n`);
        return;
      }
      const events: Event[] = [];
      for (let next: number | undefined = after; ; ) {
        const page = await vitrine.listEvents({ ...options, ...(next !== undefined && { after: next }), limit: 1000 });
        events.push(...page.data);
        if (page.next_cursor === null) break;
        next = Number(page.next_cursor);
      }
      print(cli, events, [HEADINGS, ...events.map(human)].join("\n"));
    });
};
