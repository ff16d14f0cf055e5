import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { BootConfig, GuestSettings } from "../../src/contract/guest/protocol.ts";

/** The guest's secret and settings as they are now. */
export interface Settings {
  readonly secret: string;
  readonly env: Record<string, string>;
  /** Takes over what is given, and writes it down for an agent that is started again. The clock is not kept. */
  update(change: GuestSettings): void;
  /** Takes another computer's whole configuration over. */
  become(config: BootConfig): void;
}

export const readBootConfig = (file: string): BootConfig => {
  const config = JSON.parse(readFileSync(file, "utf8")) as BootConfig;
  if (typeof config.secret !== "string" || config.secret.length < 16) throw new Error("the boot configuration has no secret");
  return config;
};

export const openSettings = (file: string, boot: BootConfig): Settings => {
  let config: BootConfig = { ...boot, settings: boot.settings ?? {} };
  const keep = () => {
    const { env = {} } = config.settings;
    const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
    writeFileSync(temporary, JSON.stringify({ ...config, settings: { env } }), { mode: 0o600, flag: "wx" });
    renameSync(temporary, file);
  };
  return {
    get secret() {
      return config.secret;
    },
    get env() {
      return config.settings.env ?? {};
    },
    update: ({ env }) => {
      config = { ...config, settings: { ...config.settings, ...(env && { env }) } };
      keep();
    },
    become: (other) => {
      config = other;
      keep();
    },
  };
};
