import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Vitrine } from "../../src/client/index.ts";

const CLI = new URL("../../bin/vitrine.mjs", import.meta.url).pathname;
const API_KEY = "test-key";

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
};

/** The service as a process of its own, to be killed and started again over the same data. */
export const serviceProcess = async (env: Record<string, string> = {}) => {
  const dataDir = env.VITRINE_DATA_DIR ?? mkdtempSync(join(tmpdir(), "vt-"));
  const port = await freePort();
  let child: ChildProcess | undefined;
  let log = "";
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  };
  /** Pids of what works in its data: machines, and what relays connections for them. */
  const processes = (program = ""): string[] =>
    readdirSync("/proc")
      .filter((pid) => {
        try {
          const ours = /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(dataDir);
          return ours && readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith(program);
        } catch {
          return false;
        }
      })
      .sort();
  const endProcesses = (): void => {
    for (const pid of processes()) {
      try {
        process.kill(Number(pid), "SIGKILL");
      } catch {
        // It ended with another.
      }
    }
  };
  const url = `http://127.0.0.1:${port}`;
  return {
    dataDir,
    url,
    apiKey: API_KEY,
    vitrine: new Vitrine({ url, apiKey: API_KEY }),
    /** What it has logged since it was started last. */
    log: () => log,
    /** Of the service itself. */
    pid: (): number => child?.pid ?? 0,
    /** The QEMU of one computer. */
    machine: (id: string): number =>
      Number(processes("qemu-system").find((pid) => readlinkSync(`/proc/${pid}/cwd`) === join(dataDir, "computers", id))),
    /** One call without the client's care: no check, no second try. */
    call: (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${url}${path}`, {
        method,
        headers: { Authorization: `Bearer ${API_KEY}`, ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    /** Resolves when it serves. */
    start: async (more: Record<string, string> = {}, args: readonly string[] = []): Promise<void> => {
      const begun = spawn(process.execPath, [CLI, "serve", ...args], {
        env: { ...process.env, VITRINE_DATA_DIR: dataDir, VITRINE_LISTEN: `127.0.0.1:${port}`, VITRINE_API_KEY: API_KEY, ...env, ...more },
        stdio: ["ignore", "pipe", "pipe"],
      });
      child = begun;
      log = "";
      begun.stderr?.on("data", (chunk) => {
        log += chunk;
      });
      // It says where it serves once it does.
      await new Promise<void>((resolve, reject) => {
        begun.stdout?.on("data", (chunk) => String(chunk).includes(String(port)) && resolve());
        begun.once("exit", (code, signal) => reject(new Error(`the service ended with ${code ?? signal}: ${log}`)));
      });
    },
    /** Sends a signal and does not wait. */
    signal: (name: NodeJS.Signals): void => void child?.kill(name),
    /** Resolves with its exit code, or the signal that ended it, when it has ended. */
    ended: async (): Promise<number | NodeJS.Signals | null> => {
      if (child && child.exitCode === null && child.signalCode === null) await once(child, "exit");
      return child?.signalCode ?? child?.exitCode ?? null;
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    processes,
    /** MiB of memory that it has. */
    rssMb: (): number => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child?.pid}/status`, "utf8"))?.[1]) / 1024,
    directories: (): string[] => readdirSync(join(dataDir, "computers")),
    endProcesses,
    /** Removes the data, and ends what a test that failed has left running in it. */
    remove: () => {
      endProcesses();
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
export type ServiceProcess = Awaited<ReturnType<typeof serviceProcess>>;
