import { mkdir, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { basename, dirname, join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { VitrineError } from "../../src/contract/errors.ts";
import { FRAME, type Frame } from "../../src/contract/guest/frames.ts";
import type { FileRecord, GuestState, ProcessRecord } from "../../src/contract/guest/protocol.ts";
import type { Guest } from "../../src/server/guest/guest.ts";
import type { LinkAddress, Machine, MachineDriver, MachineExit, MachineRecord } from "../../src/server/machine/machine.ts";
import { identify } from "../../src/server/process/identity.ts";

const STATE: GuestState = {
  display: true,
  window: true,
  manager_starts: 1,
  browser: { status: "ready", ws_path: "/devtools/browser/fake", starts: 1 },
};
const again: GuestState = { ...STATE, browser: { ...STATE.browser, starts: 2 } };
const AT = "2026-01-01T00:00:00.000Z";
const EXIT = { exit_code: 0, signal: null, timed_out: false, truncated: false, duration_ms: 1 };
const frame = (type: Frame["type"], text: string): Frame => ({ type, payload: Buffer.from(text) });
const file = (path: string): FileRecord => ({
  path,
  name: basename(path) || "/",
  type: "file",
  size_bytes: 3000,
  mode: "0644",
  modified_at: AT,
  owner: "ohm",
});
const processRecord = (pid: number, command = "sleep"): ProcessRecord => ({
  pid,
  command,
  user: "ohm",
  running: true,
  exit_code: null,
  signal: null,
  started_at: AT,
  ended_at: null,
});

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

export interface StillFleet {
  driver: MachineDriver;
  openGuest(link: LinkAddress, secret: string): Guest;
  /** Streams of guests that somebody has not let go of. */
  open(): number;
  /** Ids of the computers whose machines have not ended. */
  machines(): string[];
  /** Ends a computer's machine, which nobody asked for. */
  crash(id: string): void;
}

/**
 * Machines and guests that are there and do nothing: no process, no command, no file of this host. A guest has whatever file does not begin with /no, and
 * reads what it is given. `ports` are the loopback ports that play its own, but that only guests named `withScreen` have the first of them.
 */
export const stillFleet = (ports: Readonly<Record<number, number>>, screen: { port: number; name: string }): StillFleet => {
  let open = 0;
  const running = new Map<string, (exit: MachineExit) => void>();
  const end = async (dir: string): Promise<void> => {
    running.get(dir)?.({ reason: "it was killed", cause: "killed" });
    running.delete(dir);
  };
  const machines = () => [...running.keys()];
  const names = new Map<string, string>();

  const machineIn = (dir: string, onSpawn: (record: MachineRecord) => void): Machine => {
    const gone = Promise.withResolvers<MachineExit>();
    // This very process; nothing here ever signals it.
    const record: MachineRecord = {
      identity: identify(process.pid)!,
      link: { path: join(dir, "link.sock") },
      accel: "tcg",
      ram_mb: 512,
      memory: null,
    };
    running.set(dir, gone.resolve);
    onSpawn(record);
    return {
      record,
      link: record.link,
      exited: gone.promise,
      onAgent: () => () => {},
      onBlocked: () => () => {},
      agentUp: async () => {},
      console: async () => "",
      pause: async () => {},
      resume: async () => {},
      saveState: (path) => writeFile(path, "state"),
      growDisk: async () => {},
      // Another one may have come in its place.
      kill: async () => void (running.get(dir) === gone.resolve && (await end(dir))),
      takeSnapshot: async () => {},
      dropSnapshot: async () => {},
      release: () => {},
    };
  };

  const take = async (body: Readable, signal: AbortSignal): Promise<void> => {
    open++;
    const drained = new Promise<void>((resolve, reject) => {
      body.once("end", resolve).once("error", reject);
      body.once("close", () => reject(new Error("the body broke off")));
      body.resume();
    });
    drained.catch(() => {});
    await Promise.race([drained, untilAborted(signal)]).finally(() => open--);
  };
  const existing = async (path: string): Promise<void> => {
    if (path.startsWith("/no")) throw new VitrineError("file_not_found", { path });
  };
  const bytes = (size: number): Readable => {
    open++;
    return Readable.from([Buffer.alloc(size, 97)], { objectMode: false }).once("close", () => open--);
  };
  async function* frames(signal: AbortSignal, ends: boolean): AsyncGenerator<Frame> {
    open++;
    try {
      yield frame(FRAME.stdout, "hello\n");
      if (!ends) await untilAborted(signal);
      yield frame(FRAME.exit, JSON.stringify(EXIT));
    } finally {
      open--;
    }
  }

  const guestOf = (dir: string): Guest => ({
    state: STATE,
    onState: (listener) => {
      listener(STATE);
      return () => {};
    },
    // Chromium is there as soon as it is started, also anew.
    waitFor: async (test, signal) => {
      const state = [STATE, again].find(test);
      return state ?? untilAborted(signal);
    },
    configure: async () => {},
    standby: async () => {},
    renew: async (renewal) => void renewal(),
    holdWorkspace: async () => {},
    readProfile: async () => bytes(1000),
    writeProfile: async (body, signal) => {
      await take(body, signal);
    },
    powerOff: async () => {
      throw new VitrineError("guest_unreachable", { reason: "it does not listen" });
    },
    alive: true,
    hold: () => {},
    onPulse: () => () => {},
    onPing: () => () => {},
    exec: async () => ({ ...EXIT, stdout: "hello\n", stderr: "" }),
    execStream: (_spec, signal) => frames(signal, true),
    startProcess: async ({ argv, command }) => processRecord(7, argv?.join(" ") ?? command),
    listProcesses: async () => [processRecord(7)],
    getProcess: async (pid) => {
      if (pid % 2 === 0) throw new VitrineError("process_not_found", { pid });
      return processRecord(pid);
    },
    writeStdin: (_pid, data, _end, signal) => take(data, signal),
    signalProcess: async () => {},
    processOutput: (_pid, signal) => frames(signal, false),
    readFile: async (path, range) => {
      await existing(path);
      return { size: 3000, body: bytes(range ? (range.end ?? 2999) - range.start + 1 : 3000) };
    },
    writeFile: (_path, body, signal) => take(body, signal),
    deleteFile: existing,
    stat: async (path) => {
      await existing(path);
      return file(path);
    },
    list: async (path) => {
      await existing(path);
      return [file(join(path, "a")), file(join(path, "b\n"))];
    },
    mkdir: existing,
    move: existing,
    readArchive: async (path) => {
      await existing(path);
      return bytes(1000);
    },
    writeArchive: (_path, body, signal) => take(body, signal),
    connect: async (port, signal) => {
      const there = port === screen.port && names.get(dir) !== screen.name ? undefined : ports[port];
      if (there === undefined) throw new VitrineError("guest_unreachable", { reason: "nothing listens there" });
      const socket = connect({ port: there, host: "127.0.0.1", noDelay: true, signal });
      open++;
      socket.once("close", () => open--);
      await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
      return socket;
    },
    serveConnections: () => {},
    close: () => {},
  });

  const prepare: MachineDriver["prepare"] = async ({ dir }) => void (await mkdir(dir));
  return {
    open: () => open,
    machines: () => machines().map((dir) => basename(dir)),
    crash: (id) => {
      for (const dir of machines()) if (basename(dir) === id) void end(dir);
    },
    openGuest: (link) => guestOf("path" in link ? dirname(link.path) : ""),
    driver: {
      prepare,
      copy: (spec) => prepare(spec, { root: null, workspace: null }),
      seal: async () => {},
      freezeDisks: async (dir) => {
        const frozen = join(dir, "frozen");
        await writeFile(frozen, "");
        return { root: frozen, workspace: frozen };
      },
      snapshots: { take: async () => {}, drop: async () => {}, apply: async () => {}, copyFrom: async () => {}, grow: async () => {} },
      bytesOf: () => 0,
      boot: async ({ dir }, { config }, _signal, onSpawn) => {
        names.set(dir, JSON.parse(config).hostname);
        // As long as it takes for others to come in between.
        await sleep(1);
        return machineIn(dir, onSpawn);
      },
      restore: async ({ dir }, _state, _signal, onSpawn, onPhase) => {
        for (const phase of ["spawn", "qmp", "load", "resume"] as const) onPhase?.(phase);
        return machineIn(dir, onSpawn);
      },
      adopt: async () => null,
      halt: end,
      strays: async () => [],
      tidy: () => [],
      destroy: async (dir) => {
        await end(dir);
        names.delete(dir);
        await rm(dir, { recursive: true, force: true });
      },
    },
  };
};
