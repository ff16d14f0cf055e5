import { join } from "node:path";
import { AGENT_PORT, AGENT_SERIAL_PORT, CDP_PORT } from "../../src/contract/guest/protocol.ts";
import { RUN_DIR } from "../../src/contract/guest/run.ts";

/** What net.Server's listen() takes: the descriptor of a socket that was opened before, or an address. */
export type Listener = { fd: number } | { host: string; port: number };

/** Where the agent finds what it works with. Environment variables stand in for the guest's places when the agent runs elsewhere, as in its tests. */
export interface Places {
  /** A TCP port on every address, or the path of a unix socket. */
  listen: number | string;
  run: string;
  /** Held open while the agent serves, where it exists. */
  serialPort: string;
  /** Where the kernel leads what programs send out; null where nothing is led anywhere. */
  egress: { tcp: readonly Listener[]; dns: { addresses: readonly string[]; port: number }; dmesg: string } | null;
  cdpPort: number;
  /** Powers the guest off. */
  powerOff: string;
  /** date(1), which sets the clock. */
  date: string;
  /** Sets name, clock and the kernel's random numbers in one go; see rootfs. */
  renew: string;
  /** Mounts, holds and releases the workspace; see rootfs. */
  workspace: string;
  /** Ends, starts, packs and unpacks Chromium's profile; see rootfs. */
  profile: string;
  /** Where the guest's own name, id and time zone are written down. */
  etc: string;
}

/** As in rootfs: egress.nft. */
const DNS = { addresses: ["127.0.0.1", "::1"], port: 15053 };

const egressFrom = (env: NodeJS.ProcessEnv): Places["egress"] => {
  const { VITRINE_AGENT_EGRESS_FDS: fds, VITRINE_AGENT_EGRESS_TEST: test } = env;
  if (fds !== undefined) return { tcp: fds.split(",").map((fd) => ({ fd: Number(fd) })), dns: DNS, dmesg: "/usr/bin/dmesg" };
  return test === undefined ? null : (JSON.parse(test) as Places["egress"]);
};

export const placesFrom = (env: NodeJS.ProcessEnv): Places => ({
  listen: env.VITRINE_AGENT_SOCKET ?? AGENT_PORT,
  run: env.VITRINE_AGENT_RUN_DIR ?? RUN_DIR,
  serialPort: env.VITRINE_AGENT_SERIAL_PORT ?? join("/dev/virtio-ports", AGENT_SERIAL_PORT),
  egress: egressFrom(env),
  cdpPort: Number(env.VITRINE_AGENT_CDP_PORT ?? CDP_PORT),
  powerOff: env.VITRINE_AGENT_POWEROFF ?? "/opt/vitrine/bin/poweroff",
  date: env.VITRINE_AGENT_DATE ?? "/bin/date",
  renew: env.VITRINE_AGENT_RENEW ?? "/opt/vitrine/bin/renew",
  workspace: env.VITRINE_AGENT_WORKSPACE ?? "/opt/vitrine/bin/workspace",
  profile: env.VITRINE_AGENT_PROFILE ?? "/opt/vitrine/bin/profile",
  etc: env.VITRINE_AGENT_ETC ?? "/etc",
});
