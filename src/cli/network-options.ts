import { type Command, Option } from "commander";
import type { PatchNetworkInput } from "../client/index.ts";
import { integers, texts } from "./values.ts";

/** The options that make a network policy, as commander gives them. */
export interface NetworkOptions {
  mode?: "open" | "off" | "restricted";
  allow?: string[];
  deny?: string[];
  allowCidr?: string[];
  denyCidr?: string[];
  hostPort?: number[];
}

export const addNetworkOptions = (command: Command): Command =>
  command
    .addOption(new Option("--mode <mode>", "of the network: open is the public internet").choices(["open", "off", "restricted"]))
    .option(
      "--allow <name>",
      "a name that a restricted computer reaches: example.com, *.example.com, with :443 for one port (repeatable)",
      texts,
    )
    .option("--deny <name>", "a name that it does not reach (repeatable)", texts)
    .option("--allow-cidr <range>", "addresses that a restricted computer reaches, like 10.1.0.0/16 or 10.1.0.0/16:443 (repeatable)", texts)
    .option("--deny-cidr <range>", "addresses that it does not reach (repeatable)", texts)
    .option("--host-port <n>", "a port of this host's loopback that the computer reaches at host.vitrine.internal (repeatable)", integers);

/** Only what was given, so that the service's defaults hold. */
export const given = <T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };

export const networkFrom = ({ mode, allow, deny, allowCidr, denyCidr, hostPort }: NetworkOptions): PatchNetworkInput =>
  given({ mode, allow, deny, allow_cidrs: allowCidr, deny_cidrs: denyCidr, host_ports: hostPort });
