import { type Command, Option } from "commander";
import type { CreateComputerInput, TemplateName, Viewport } from "../client/index.ts";
import { TEMPLATES } from "../contract/computer.ts";
import { addNetworkOptions, given, type NetworkOptions, networkFrom } from "./network-options.ts";
import { integer, integers, pairs, viewport } from "./values.ts";

/** The options of `computer create` and `browser`, as commander gives them. */
export interface SpecOptions extends NetworkOptions {
  template?: TemplateName;
  name?: string;
  vcpus?: number;
  ramMb?: number;
  diskSizeMb?: number;
  workspaceQuotaMb?: number;
  workspaceSnapshot?: string;
  viewport?: Viewport;
  headless?: boolean;
  profile?: string;
  profileReadOnly?: boolean;
  recordVideo?: boolean;
  proxy?: string;
  publish?: number[];
  ttl?: number;
  idleTimeout?: number;
  idleAction?: "stop" | "delete";
  env?: Record<string, string>;
  metadata?: Record<string, string>;
}

export const addSpecOptions = (command: Command): Command =>
  addNetworkOptions(command)
    .addOption(new Option("--template <name>", "what it has").choices(TEMPLATES))
    .option("--name <name>", "lower-case letters, digits and hyphens")
    .option("--vcpus <n>", "cores", integer)
    .option("--ram-mb <n>", "memory", integer)
    .option("--disk-size-mb <n>", "disk of the system", integer)
    .option("--workspace-quota-mb <n>", "what /home/ohm can hold", integer)
    .option("--workspace-snapshot <id>", "begin with what a snapshot has in /home/ohm")
    .option("--viewport <WxH>", "size of the screen", viewport)
    .option("--headless", "a browser without a display")
    .option("--profile <name>", "begin with what the browser knew that had it last, and keep what this one knows")
    .option("--profile-read-only", "keep nothing of it")
    .option("--record-video", "record the screen from the first moment to the last")
    .option("--proxy <url>", "http://HOST:PORT or socks5://HOST:PORT, which all its connections go through")
    .option("--publish <n>", "a port of its loopback that gets a URL from the beginning (repeatable)", integers)
    .option("--ttl <seconds>", "delete it this long after creation", integer)
    .option("--idle-timeout <seconds>", "stop it after this long without use; its files stay", integer)
    .option("--idle-action <action>", "what is done with it then: stop or delete")
    .option("--env <KEY=VALUE>", "environment of everything run in it (repeatable)", pairs)
    .option("--metadata <KEY=VALUE>", "labels (repeatable)", pairs);

export const specFrom = (options: SpecOptions, url?: string): CreateComputerInput => {
  const proxy = options.proxy === undefined ? undefined : proxyFrom(options.proxy);
  const browser = given({
    viewport: options.viewport,
    url,
    mode: options.headless ? ("headless" as const) : undefined,
    profile: profileFrom(options),
    proxy,
  });
  const network = networkFrom(options);
  return given({
    template: options.template,
    name: options.name,
    vcpus: options.vcpus,
    ram_mb: options.ramMb,
    disk_size_mb: options.diskSizeMb,
    workspace_quota_mb: options.workspaceQuotaMb,
    workspace_snapshot: options.workspaceSnapshot,
    browser: Object.keys(browser).length > 0 ? browser : undefined,
    network: Object.keys(network).length > 0 ? network : undefined,
    published_ports: options.publish,
    record_video: options.recordVideo,
    ttl_s: options.ttl,
    idle_timeout_s: options.idleTimeout,
    idle_action: options.idleAction,
    env: options.env,
    metadata: options.metadata,
  });
};

const profileFrom = ({ profile, profileReadOnly }: SpecOptions) =>
  profile === undefined ? undefined : { name: profile, save: !profileReadOnly };

/** A proxy's secrets come from the environment: what is on a command line, everyone on the host can read. */
const proxyFrom = (server: string) =>
  given({ server, username: process.env.VITRINE_PROXY_USERNAME, password: process.env.VITRINE_PROXY_PASSWORD });
