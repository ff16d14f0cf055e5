import type { Command } from "commander";
import type { Network } from "../../../client/index.ts";
import type { Cli } from "../../cli.ts";
import { addNetworkOptions, type NetworkOptions, networkFrom } from "../../network-options.ts";
import { fields, print, table } from "../../print.ts";

const human = ({ policy, traffic }: Network): string => {
  const { mode, host_ports, ...lists } = policy;
  const said = Object.fromEntries(Object.entries(lists).map(([name, entries]) => [name, entries.join(", ")]));
  const rows = traffic.map((one) => [one.name, String(one.connections), String(one.sent_bytes), String(one.received_bytes)]);
  return [
    fields({ mode, ...said, host_ports: host_ports.join(", ") }),
    ...(rows.length > 0 ? [table(["NAME", "CONNECTIONS", "SENT", "RECEIVED"], rows)] : []),
  ].join("\n");
};

export const addNetwork = (parent: Command, cli: Cli): void => {
  addNetworkOptions(
    parent
      .command("network <name>")
      .description(
        "Show what a computer reaches and what went where; with options, change that at once. A list replaces the one before; '' empties it",
      ),
  ).action(async (name: string, options: NetworkOptions) => {
    const computer = await cli.vitrine().computers.get(name, { signal: cli.signal });
    const change = networkFrom(options);
    const call = { signal: cli.signal };
    const network = Object.keys(change).length > 0 ? await computer.egress.set(change, call) : await computer.egress.get(call);
    print(cli, network, human(network));
  });
};
