import type { Command } from "commander";
import type { CreateComputerInput, TemplateName, Viewport } from "../client/index.ts";
import { integer, integers, pairs, viewport } from "./values.ts";

/** The options of `computer create` and `browser`, as commander gives them. */
export interface SpecOptions {
  template?: TemplateName;
  name?: string;
  vcpus?: number;
  ramMb?: number;
  diskSizeMb?: number;
  viewport?: Viewport;
  headless?: boolean;
  recordVideo?: boolean;
  hostPort?: number[];
  ttl?: number;
  idleTimeout?: number;
  env?: Record<string, string>;
  metadata?: Record<string, string>;
}

export const addSpecOptions = (command: Command): Command =>
  command
    .option("--template <name>", "browser, scratch or coding-agent")
    .option("--name <name>", "lower-case letters, digits and hyphens")
    .option("--vcpus <n>", "cores", integer)
    .option("--ram-mb <n>", "memory", integer)
    .option("--disk-size-mb <n>", "disk", integer)
    .option("--viewport <WxH>", "size of the screen", viewport)
    .option("--headless", "a browser without a display")
    .option("--record-video", "record the screen from the first moment to the last")
    .option("--host-port <n>", "a port of this host's loopback that the computer reaches at host.vitrine.internal (repeatable)", integers)
    .option("--ttl <seconds>", "delete it this long after creation", integer)
    .option("--idle-timeout <seconds>", "stop it after this long without use; its files stay", integer)
    .option("--env <KEY=VALUE>", "environment of everything run in it (repeatable)", pairs)
    .option("--metadata <KEY=VALUE>", "labels (repeatable)", pairs);

/** Only what was given, so that the service's defaults hold. */
const given = <T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };

export const specFrom = (options: SpecOptions, url?: string): CreateComputerInput => {
  const browser = given({ viewport: options.viewport, url, mode: options.headless ? ("headless" as const) : undefined });
  return given({
    template: options.template,
    name: options.name,
    vcpus: options.vcpus,
    ram_mb: options.ramMb,
    disk_size_mb: options.diskSizeMb,
    browser: Object.keys(browser).length > 0 ? browser : undefined,
    network: options.hostPort ? { host_ports: options.hostPort } : undefined,
    record_video: options.recordVideo,
    ttl_s: options.ttl,
    idle_timeout_s: options.idleTimeout,
    env: options.env,
    metadata: options.metadata,
  });
};
