import type { Command } from "commander";
import type { Webhook } from "../../client/index.ts";
import type { Cli } from "../cli.ts";
import { fields, print, table } from "../print.ts";
import { integer } from "../values.ts";

interface CreateOptions {
  event?: string[];
  after?: number;
}

const row = ({ id, status, url, events, position, delivered_at, attempts, last_error }: Webhook): string[] => [
  id,
  status,
  url,
  events.join(",") || "all",
  String(position),
  delivered_at ?? "",
  last_error === null ? "" : `${attempts} times: ${last_error}`,
];

export const addWebhook = (parent: Command, cli: Cli): void => {
  const webhook = parent.command("webhook").description("Have events sent to a URL as they happen");
  webhook
    .command("create <url>")
    .description("POST events there, each until it is taken, and print the secret that they are signed with this once")
    .option("--event <types...>", "types of events, or what they begin with, like computer recording.ended; default: all")
    .option("--after <id>", "begin after this event; default: with what happens from now on", integer)
    .action(async (url: string, { event, after }: CreateOptions) => {
      const input = { url, ...(event && { events: event }), ...(after !== undefined && { after }) };
      const made = await cli.vitrine().webhooks.create(input, { signal: cli.signal });
      print(cli, made, fields({ id: made.id, url: made.url, events: made.events.join(", ") || "all", secret: made.secret }));
    });
  webhook
    .command("list")
    .alias("ls")
    .description("List webhooks, how far they are and why they are not further, newest first")
    .action(async () => {
      const hooks = await cli.vitrine().webhooks.list({ signal: cli.signal });
      const headings = ["ID", "STATUS", "URL", "EVENTS", "POSITION", "DELIVERED", "FAILED"];
      print(cli, hooks, hooks.length > 0 ? table(headings, hooks.map(row)) : "There are no webhooks.");
    });
  webhook
    .command("delete <ids...>")
    .alias("rm")
    .description("Send nothing there any more")
    .action(async (ids: string[]) => {
      const { webhooks } = cli.vitrine();
      for (const id of ids) await webhooks.delete(id, { signal: cli.signal });
      print(cli, { deleted: ids }, "");
    });
};
