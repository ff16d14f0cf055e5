import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { existsSync } from "node:fs";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { basename, dirname, join } from "node:path";
import type { Duplex } from "node:stream";
import { DIRECT_PORTS, DOWNLOADS_DIR, type GuestState, type ProcessRecord, type ProcessSpec } from "../../src/contract/guest/protocol.ts";
import type { Guest, Outside } from "../../src/server/guest/guest.ts";
import { openGuest } from "../../src/server/guest/open.ts";
import { TERMINAL_PROGRAM } from "../../src/server/guest/terminals.ts";
import type { LinkAddress, Machine, MachineDriver, MachineRecord } from "../../src/server/machine/machine.ts";
import { identify } from "../../src/server/process/identity.ts";

type ByteRange = Parameters<Guest["readFile"]>[1];

const AGENT = new URL("../../guest-image/agent/main.ts", import.meta.url).pathname;
const TERMINAL_HERE = new URL("../../guest-image/rootfs/scratch/opt/vitrine/bin/terminal", import.meta.url).pathname;
const asInGuest = (record: ProcessRecord): ProcessRecord => ({
  ...record,
  command: record.command.replace(TERMINAL_HERE, TERMINAL_PROGRAM),
});

/** Stands in for the guest's program of the same name: a folder beside the agent is the profile, and a file says whether its Chromium runs. */
const profileProgram = (dir: string): string => `#!/bin/sh
cd '${dir}' && case $1 in
  close) echo closed >> profile.calls ;;
  open) echo opened >> profile.calls ;;
  pack) tar -C profile -czf - . ;;
  unpack) rm -rf profile && mkdir profile && tar -C profile -xzf - ;;
esac
`;

/** What a test may do to a machine, and what it may look at. */
export interface FakeFleet {
  driver: MachineDriver;
  openGuest(link: LinkAddress, secret: string): Guest;
  /** The agent processes that run now. */
  agents(): ChildProcess[];
  /** The next boots fail with this, until it is null again; so do saves and restores of states. */
  failBoot: Error | null;
  failSave: Error | null;
  failRestore: Error | null;
  /** The next time that a paused machine is to go on fails with this. */
  failResume: Error | null;
  /** What every machine says on its console. */
  console: string;
  /** The ids of those that were booted, in the order in which they began to be. */
  booted: string[];
  /** While set, boots wait for it before they go on. */
  gate: Promise<void> | null;
  /** Where the connections go that programs in the latest guest make, for a test to make some. */
  outside: Outside | null;
}

/**
 * Machines without a VMM: the real guest agent runs on this host, over a unix socket, as the guest. Its browser and display are the loopback
 * ports in `ports`, and are said to be there at once, the browser at `wsPath`.
 */
export const fakeFleet = (ports: Record<number, number> = {}, wsPath = "/devtools/browser/fake"): FakeFleet => {
  const running = new Map<string, ChildProcess>();
  /** The folders that are written in now, for a machine that is on its way. */
  const preparing = new Map<string, Promise<unknown>>();

  const tracked = <T>(dir: string, work: () => Promise<T>): Promise<T> => {
    const done = work();
    preparing.set(dir, done);
    return done.finally(() => preparing.delete(dir));
  };

  const boot = async (dir: string, config: string, onSpawn: (record: MachineRecord) => void): Promise<Machine> => {
    if (fleet.failBoot) throw fleet.failBoot;
    await mkdir(join(dir, "run"), { recursive: true });
    await writeFile(join(dir, "run/config.json"), config, { mode: 0o600 });
    await writeFile(join(dir, "run/session.env"), "VITRINE_BROWSER='none'\n");
    return run(dir, onSpawn);
  };

  /** Starts the agent with what is in `dir`. */
  const run = async (dir: string, onSpawn: (record: MachineRecord) => void): Promise<Machine> => {
    const socket = join(dir, "link.sock");
    await rm(socket, { force: true });
    const profile = join(dir, "profile.sh");
    for (const name of ["profile", "home"]) await mkdir(join(dir, name), { recursive: true });
    await writeFile(profile, profileProgram(dir), { mode: 0o755 });
    const agent = spawn(process.execPath, [AGENT], {
      cwd: dir,
      detached: true,
      stdio: ["ignore", "ignore", process.env.VITRINE_TEST_VERBOSE ? "inherit" : "ignore"],
      env: {
        ...process.env,
        VITRINE_AGENT_SOCKET: socket,
        VITRINE_AGENT_RUN_DIR: join(dir, "run"),
        VITRINE_AGENT_HOME: join(dir, "home"),
        VITRINE_AGENT_SERIAL_PORT: join(dir, "none"),
        VITRINE_AGENT_POWEROFF: "/bin/false",
        // Nothing here may make this host another.
        VITRINE_AGENT_RENEW: "/bin/false",
        VITRINE_AGENT_DATE: "/bin/false",
        VITRINE_AGENT_ETC: join(dir, "etc"),
        VITRINE_AGENT_WORKSPACE: "/bin/false",
        VITRINE_AGENT_PROFILE: profile,
      },
    });
    await once(agent, "spawn");
    running.set(dir, agent);
    const identity = identify(agent.pid as number);
    if (!identity) throw new Error("the agent ended at once");
    const record: MachineRecord = { identity, link: { path: socket }, accel: "tcg", ram_mb: 512, memory: null };
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
      onBlocked: () => () => {},
      agentUp: async () => {},
      console: async () => fleet.console,
      pause: async () => {},
      resume: async () => {
        const { failResume } = fleet;
        fleet.failResume = null;
        if (failResume) throw failResume;
      },
      saveState: async (file) => {
        if (fleet.failSave) throw fleet.failSave;
        await writeFile(file, "state");
      },
      growDisk: async () => {},
      takeSnapshot: async () => {},
      dropSnapshot: async () => {},
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
    failSave: null,
    failRestore: null,
    failResume: null,
    console: "",
    booted: [],
    gate: null,
    outside: null,
    agents: () => [...running.values()],
    driver: {
      prepare: async ({ dir }) => {
        await mkdir(dir);
        await writeFile(join(dir, "disk"), "");
      },
      copy: async ({ dir }, { root }) => {
        await mkdir(dir);
        await copyFile(root, join(dir, "disk"));
      },
      seal: async () => {},
      freezeDisks: async (dir) => {
        await copyFile(join(dir, "disk"), join(dir, "frozen"));
        return { root: join(dir, "frozen"), workspace: join(dir, "frozen") };
      },
      snapshots: { take: async () => {}, drop: async () => {}, apply: async () => {}, copyFrom: async () => {}, grow: async () => {} },
      bytesOf: () => 0,
      boot: async ({ dir }, files, signal, onSpawn) => {
        fleet.booted.push(basename(dir));
        if (fleet.gate) await fleet.gate;
        signal.throwIfAborted();
        return tracked(dir, () => boot(dir, files.config, onSpawn));
      },
      restore: ({ dir }, state, _signal, onSpawn, onPhase) =>
        tracked(dir, async () => {
          if (fleet.failRestore) throw fleet.failRestore;
          // A copy's agent begins as its original was.
          if (!existsSync(join(dir, "run"))) {
            await mkdir(join(dir, "run"));
            for (const name of ["config.json", "session.env"])
              await copyFile(join(dirname(state.file), "run", name), join(dir, "run", name));
          }
          const machine = await run(dir, onSpawn);
          for (const phase of ["spawn", "qmp", "load", "resume"] as const) onPhase?.(phase);
          return machine;
        }),
      adopt: async () => null,
      halt,
      strays: async () => [],
      tidy: () => [],
      destroy: async (dir) => {
        await preparing.get(dir)?.catch(() => {});
        await halt(dir);
        if (existsSync(dir)) await rm(dir, { recursive: true });
      },
    },
    openGuest: (link, secret) => {
      const guest = openGuest({ link, secret });
      const changes = new EventEmitter().setMaxListeners(0);
      let state: GuestState = {
        display: true,
        window: true,
        manager_starts: 1,
        browser: { status: "ready", ws_path: wsPath, starts: 1 },
      };
      const dial = async (port: number): Promise<Duplex> => {
        const socket = connect({ port: ports[port] ?? port, host: "127.0.0.1", noDelay: true });
        await once(socket, "connect");
        return socket;
      };
      // Browser and display, which are said to be there, are this host's, or nothing; other ports are reached as in a guest.
      const isOwn = (port: number) => ports[port] !== undefined || DIRECT_PORTS.some((direct) => direct === port);
      const here = (path: string) =>
        "path" in link && path.startsWith(DOWNLOADS_DIR)
          ? join(dirname(link.path), "home/Downloads", path.slice(DOWNLOADS_DIR.length))
          : path;
      return Object.create(guest, {
        state: { get: () => state },
        waitFor: {
          value: async (test: (state: GuestState) => boolean, signal: AbortSignal) => {
            while (!test(state)) await once(changes, "change", { signal });
            return state;
          },
        },
        // With another profile the browser is started anew.
        writeProfile: {
          value: async (...how: Parameters<Guest["writeProfile"]>) => {
            await guest.writeProfile(...how);
            state = { ...state, browser: { ...state.browser, starts: state.browser.starts + 1 } };
            changes.emit("change");
          },
        },
        // The agent runs on this host, which stays what it is.
        standby: { value: async () => {} },
        renew: { value: async () => {} },
        powerOff: {
          value: async () =>
            fleet
              .agents()
              .find((agent) => "path" in link && agent.spawnargs && running.get(join(link.path, "..")) === agent)
              ?.kill(),
        },
        // The guest's program is run from where it is on this host.
        startProcess: {
          value: async (spec: ProcessSpec, signal: AbortSignal) => {
            const argv = spec.argv?.map((word, at) => (at === 0 && word === TERMINAL_PROGRAM ? TERMINAL_HERE : word));
            return asInGuest(await guest.startProcess({ ...spec, ...(argv && { argv }) }, signal));
          },
        },
        listProcesses: { value: async (signal: AbortSignal) => (await guest.listProcesses(signal)).map(asInGuest) },
        getProcess: { value: async (pid: number, signal: AbortSignal) => asInGuest(await guest.getProcess(pid, signal)) },
        // The browser's downloads lie in the agent's own home.
        list: { value: (path: string, signal: AbortSignal) => guest.list(here(path), signal) },
        readFile: { value: (path: string, ...rest: [range: ByteRange, signal: AbortSignal]) => guest.readFile(here(path), ...rest) },
        serveConnections: {
          value: (outside: Outside) => {
            fleet.outside = outside;
            guest.serveConnections(outside);
          },
        },
        connect: { value: (port: number, signal: AbortSignal) => (isOwn(port) ? dial(port) : guest.connect(port, signal)) },
      });
    },
  };
  return fleet;
};
