import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import type { GuestSettings } from "../../../src/contract/guest/protocol.ts";
import type { Guest } from "../../../src/server/guest/guest.ts";
import { openGuest } from "../../../src/server/guest/open.ts";

// The machine may be busy with others' work; what is tested here is not how fast it is.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

/** The real agent, run from source in a folder of its own, and the host end that leads to it. */
export interface TestAgent {
  guest: Guest;
  secret: string;
  socket: string;
  /** A folder for the test's files. */
  files: string;
  /** The guest's /run/vitrine. */
  run: string;
  readonly pid: number;
  /** What the agent has written to its log. */
  readonly log: string;
  /** Kills the agent and starts it again. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export const startAgent = async (options: { settings?: GuestSettings; env?: Record<string, string> } = {}): Promise<TestAgent> => {
  const dir = mkdtempSync(join(tmpdir(), "vitrine-agent-"));
  const run = join(dir, "run");
  const files = join(dir, "files");
  for (const folder of [run, files]) mkdirSync(folder);
  // The guest's user may be another than the test's.
  for (const folder of [dir, files]) chmodSync(folder, 0o777);
  const secret = randomBytes(16).toString("hex");
  const socket = join(dir, "link.sock");
  writeFileSync(join(run, "config.json"), JSON.stringify({ secret, hostname: "test", settings: options.settings ?? {} }));
  let child: ChildProcess;
  let log = "";

  const start = async () => {
    child = spawn(process.execPath, ["guest-image/agent/main.ts"], {
      stdio: ["ignore", "inherit", "pipe"],
      env: {
        PATH: process.env.PATH,
        VITRINE_AGENT_SOCKET: socket,
        VITRINE_AGENT_RUN_DIR: run,
        VITRINE_AGENT_SERIAL_PORT: join(dir, "serial"),
        VITRINE_AGENT_DATE: "/bin/false",
        VITRINE_AGENT_POWEROFF: "/bin/false",
        // No test may make this host another.
        VITRINE_AGENT_RENEW: "/bin/false",
        VITRINE_AGENT_ETC: join(dir, "etc"),
        ...options.env,
      },
    });
    const listening = Promise.withResolvers<void>();
    child.stderr!.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes("agent: listening")) listening.resolve();
    });
    child.once("exit", () => listening.reject(new Error(`the agent ended: ${log}`)));
    await listening.promise;
  };
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  await start();
  const guest = openGuest({ link: { path: socket }, secret });
  return {
    guest,
    secret,
    socket,
    files,
    run,
    get pid() {
      return child.pid!;
    },
    get log() {
      return log;
    },
    kill,
    start: () => {
      log = "";
      return start();
    },
    stop: async () => {
      guest.close();
      await kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

/** The most memory a process has used, in MiB. */
export const peakMemory = (pid: number): number => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1024;

export const soon = (ms = 20_000): AbortSignal => AbortSignal.timeout(ms);
