import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { GuestState } from "../../src/contract/guest/protocol.ts";
import type { Guest } from "../../src/server/guest/guest.ts";
import { openGuest } from "../../src/server/guest/open.ts";
import type { LinkAddress, Machine, MachineDriver, MachineRecord } from "../../src/server/machine/machine.ts";
import { identify } from "../../src/server/process/identity.ts";

const AGENT = new URL("../../guest-image/agent/main.ts", import.meta.url).pathname;

/** What a test may do to a machine, and what it may look at. */
export interface FakeFleet {
  driver: MachineDriver;
  openGuest(link: LinkAddress, secret: string): Guest;
  /** The agent processes that run now. */
  agents(): ChildProcess[];
  /** The next boots fail with this, until it is null again. */
  failBoot: Error | null;
  /** While set, boots wait for it before they go on. */
  gate: Promise<void> | null;
}

/**
 * Machines without a VMM: the real guest agent runs on this host, over a unix socket, as the guest. Its browser and display are the loopback
 * ports in `ports`, and are said to be there at once.
 */
export const fakeFleet = (ports: Record<number, number> = {}): FakeFleet => {
  const running = new Map<string, ChildProcess>();

  const boot = async (dir: string, config: string, onSpawn: (record: MachineRecord) => void): Promise<Machine> => {
    if (fleet.gate) await fleet.gate;
    if (fleet.failBoot) throw fleet.failBoot;
    await mkdir(join(dir, "run"), { recursive: true });
    await writeFile(join(dir, "run/config.json"), config, { mode: 0o600 });
    await writeFile(join(dir, "run/session.env"), "VITRINE_BROWSER='none'\n");
    const socket = join(dir, "link.sock");
    await rm(socket, { force: true });
    const agent = spawn(process.execPath, [AGENT], {
      cwd: dir,
      detached: true,
      stdio: ["ignore", "ignore", process.env.VITRINE_TEST_VERBOSE ? "inherit" : "ignore"],
      env: {
        ...process.env,
        VITRINE_AGENT_SOCKET: socket,
        VITRINE_AGENT_RUN_DIR: join(dir, "run"),
        VITRINE_AGENT_SERIAL_PORT: join(dir, "none"),
        VITRINE_AGENT_HOST_ALIAS: "127.0.0.1",
        VITRINE_AGENT_POWEROFF: "/bin/false",
      },
    });
    await once(agent, "spawn");
    running.set(dir, agent);
    const identity = identify(agent.pid as number);
    if (!identity) throw new Error("the agent ended at once");
    const record: MachineRecord = { identity, link: { path: socket }, accel: "tcg" };
    onSpawn(record);
    const exited = once(agent, "exit").then(([code, signal]) => {
      running.delete(dir);
      return { reason: `the agent ended (${signal ?? code})` };
    });
    const kill = async () => {
      if (agent.exitCode === null && agent.signalCode === null) {
        agent.kill("SIGKILL");
        await exited;
      }
    };
    return {
      record,
      link: record.link,
      exited,
      onAgent: () => () => {},
      agentUp: async () => {},
      console: async () => "",
      kill,
      release: () => {},
    };
  };

  const halt = async (dir: string): Promise<void> => {
    const agent = running.get(dir);
    if (!agent) return;
    const gone = once(agent, "exit");
    agent.kill("SIGKILL");
    await gone;
  };
  const fleet: FakeFleet = {
    failBoot: null,
    gate: null,
    agents: () => [...running.values()],
    driver: {
      prepare: async ({ dir }) => void (await mkdir(dir)),
      boot: ({ dir }, files, _signal, onSpawn) => boot(dir, files.config, onSpawn),
      adopt: async () => null,
      halt,
      destroy: async (dir) => {
        await halt(dir);
        if (existsSync(dir)) await rm(dir, { recursive: true });
      },
    },
    openGuest: (link, secret) => {
      const guest = openGuest({ link, secret });
      const state: GuestState = { display: true, window: true, browser: { status: "ready", ws_path: "/devtools/browser/fake", starts: 1 } };
      const dial = async (port: number): Promise<Duplex> => {
        const socket = connect({ port: ports[port] ?? port, host: "127.0.0.1", noDelay: true });
        await once(socket, "connect");
        return socket;
      };
      return Object.create(guest, {
        state: { value: state },
        waitFor: { value: async () => state },
        powerOff: {
          value: async () =>
            fleet
              .agents()
              .find((agent) => "path" in link && agent.spawnargs && running.get(join(link.path, "..")) === agent)
              ?.kill(),
        },
        connect: { value: dial },
      });
    },
  };
  return fleet;
};
