import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { BootConfig, GuestSettings } from "../../src/contract/guest/protocol.ts";

/** The guest's settings as they are now. */
export interface Settings {
  readonly env: Record<string, string>;
  readonly hostPorts: number[];
  /** Takes over what is given, and writes it down for an agent that is started again. The clock is not kept. */
  update(change: GuestSettings): void;
}

export const readBootConfig = (file: string): BootConfig => {
  const config = JSON.parse(readFileSync(file, "utf8")) as BootConfig;
  if (typeof config.secret !== "string" || config.secret.length < 16) throw new Error("the boot configuration has no secret");
  return config;
};

export const openSettings = (file: string, config: BootConfig): Settings => {
  let { env = {}, host_ports = [] } = config.settings ?? {};
  return {
    get env() {
      return env;
    },
    get hostPorts() {
      return host_ports;
    },
    update: (change) => {
      env = change.env ?? env;
      host_ports = change.host_ports ?? host_ports;
      const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
      writeFileSync(temporary, JSON.stringify({ ...config, settings: { env, host_ports } }), { mode: 0o600, flag: "wx" });
      renameSync(temporary, file);
    },
  };
};
