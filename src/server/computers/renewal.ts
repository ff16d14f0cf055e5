import { createHash, randomBytes } from "node:crypto";
import type { BootConfig, Renewal } from "../../contract/guest/protocol.ts";
import type { Engine } from "./engine.ts";
import type { ComputerRecord } from "./record.ts";

const ENTROPY_BYTES = 64;

/** What makes a restored guest this computer. The clock is that of the call, so it is made just before it is sent. */
export const renewalOf = (engine: Engine, record: ComputerRecord, { grow, copy }: Pick<Renewal, "grow" | "copy">): Renewal => {
  const { config, session } = engine.bootFiles(record);
  const boot = JSON.parse(config) as BootConfig;
  return {
    ...boot,
    settings: { ...boot.settings, clock_ms: Date.now() },
    // The same for as long as the computer lives, and nobody else's.
    machine_id: createHash("sha256").update(`vitrine machine-id ${record.id}`).digest("hex").slice(0, 32),
    entropy: randomBytes(ENTROPY_BYTES).toString("base64"),
    session,
    timezone: record.spec.browser.timezone ?? "",
    grow,
    copy,
  };
};
