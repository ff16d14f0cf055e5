import { join } from "node:path";
import { AGENT_PORT, AGENT_SERIAL_PORT, CDP_PORT, HOST_ALIAS } from "../../src/contract/guest/protocol.ts";
import { RUN_DIR } from "../../src/contract/guest/run.ts";

/** Where the agent finds what it works with. Environment variables stand in for the guest's places when the agent runs elsewhere, as in its tests. */
export interface Places {
  /** A TCP port on every address, or the path of a unix socket. */
  listen: number | string;
  run: string;
  /** Held open while the agent serves, where it exists. */
  serialPort: string;
  /** Address at which programs of the guest reach host ports. */
  hostAlias: string;
  cdpPort: number;
  /** Powers the guest off. */
  powerOff: string;
  /** date(1), which sets the clock. */
  date: string;
  /** Sets name, clock and the kernel's random numbers in one go; see rootfs. */
  renew: string;
  /** Where the guest's own name, id and time zone are written down. */
  etc: string;
}

export const placesFrom = (env: NodeJS.ProcessEnv): Places => ({
  listen: env.VITRINE_AGENT_SOCKET ?? AGENT_PORT,
  run: env.VITRINE_AGENT_RUN_DIR ?? RUN_DIR,
  serialPort: env.VITRINE_AGENT_SERIAL_PORT ?? join("/dev/virtio-ports", AGENT_SERIAL_PORT),
  hostAlias: env.VITRINE_AGENT_HOST_ALIAS ?? HOST_ALIAS.address,
  cdpPort: Number(env.VITRINE_AGENT_CDP_PORT ?? CDP_PORT),
  powerOff: env.VITRINE_AGENT_POWEROFF ?? "/opt/vitrine/bin/poweroff",
  date: env.VITRINE_AGENT_DATE ?? "/bin/date",
  renew: env.VITRINE_AGENT_RENEW ?? "/opt/vitrine/bin/renew",
  etc: env.VITRINE_AGENT_ETC ?? "/etc",
});
