import { SandboxConfigurationError } from "@openai/agents/sandbox";
import type { CreateComputerInput, TemplateName } from "../../client/index.ts";

/** The seconds, megabytes and names of `computers.create()`, and what a session is besides a computer. */
export type VitrineSandboxOptions = Omit<CreateComputerInput, "published_ports"> & {
  /** The same as `vcpus`. */
  cpus?: number;
  /** The same as `ram_mb`. */
  memory?: number;
  /** The same as `template`. */
  image?: TemplateName;
  /** A computer that exists, by its id or name, instead of a new one; a stopped one is started. */
  computer_id?: string;
  /** Deletes the computer when the session closes. Default: true for a computer that the session created, false for one that it was given. */
  delete_on_close?: boolean;
  /** Ports that resolveExposedPort() answers for; default: any. */
  exposed_ports?: number[];
  /** The guest's user that commands run as; files are always ohm's. Default: ohm. */
  user?: string;
};

/** What `computers.create()` takes of the options. Throws SandboxConfigurationError where two of them say the same. */
export const computerInput = (options: VitrineSandboxOptions): CreateComputerInput => {
  const { cpus, memory, image, computer_id: _, delete_on_close: __, exposed_ports = [], user: ___, ...input } = options;
  const named = Object.entries({ vcpus: cpus, ram_mb: memory, template: image }).filter(([, value]) => value !== undefined);
  for (const [name] of named)
    if (name in input) throw new SandboxConfigurationError(`The option ${name} is given twice, under both of its names; give one.`);
  return { ...input, ...Object.fromEntries(named), published_ports: exposed_ports };
};
