import type { Command } from "commander";
import type { PublishedPort } from "../../../client/index.ts";
import type { Cli } from "../../cli.ts";
import { fields, print, table } from "../../print.ts";
import { integer } from "../../values.ts";
import { working } from "../../working.ts";

const human = ({ port, url, public: open, link_url }: PublishedPort): string =>
  fields({ port, url, "open to": open ? "everybody" : "who has a link", link_url });

export const addPort = (parent: Command, cli: Cli): void => {
  const port = parent.command("port").description("Reach servers in a computer by a URL of their own");
  const find = (name: string) => cli.vitrine().computers.get(name, { signal: cli.signal });
  const numbered = (command: string) =>
    port.command(command).argument("<name>", "the computer").argument("<port>", "on its loopback", integer);
  numbered("publish")
    .description("Give a port a URL")
    .option("--public", "anybody may open it; otherwise a link is needed, and one is printed")
    .action(async (name: string, number: number, options: { public?: boolean }) => {
      const published = await (await find(name)).ports.publish(number, { ...options, signal: cli.signal });
      print(cli, published, human(published));
    });
  port
    .command("list <name>")
    .alias("ls")
    .description("List a computer's published ports")
    .action(async (name: string) => {
      const ports = await (await find(name)).ports.list({ signal: cli.signal });
      const rows = ports.map((one) => [String(one.port), one.public ? "everybody" : "link", one.link_url ?? one.url]);
      print(cli, ports, table(["PORT", "OPEN TO", "URL"], rows));
    });
  numbered("wait")
    .description("Wait until a server listens there")
    .option("--timeout <seconds>", "give up after this long; a minute unless this says otherwise", integer)
    .action(async (name: string, number: number, { timeout }: { timeout?: number }) => {
      const computer = await find(name);
      const options = { ...(timeout !== undefined && { wait_s: timeout }), signal: cli.signal };
      const state = await working(cli, "port", `waiting for port ${number}`, () => computer.ports.wait(number, options));
      print(cli, state, human(state));
    });
  numbered("unpublish")
    .description("Take a port's URL away and end its connections")
    .action(async (name: string, number: number) => {
      await (await find(name)).ports.unpublish(number, { signal: cli.signal });
      print(cli, { port: number, published: false }, `unpublished ${number}`);
    });
};
