import { posix } from "node:path";
import {
  type CommandResult,
  type MastraSandbox,
  ProcessHandle,
  SandboxProcessManager,
  type SpawnProcessOptions,
} from "@mastra/core/workspace";
import type { Computer } from "../../client/index.ts";
import { GUEST_USER } from "../../contract/guest/protocol.ts";
import { type Ending, type StartedProcess, startProcess } from "../shared/process.ts";
import { exitCodeOf } from "../shared/report.ts";

/** A process in the sandbox's computer; its output is taken in from the beginning. */
class VitrineProcess extends ProcessHandle {
  readonly pid: string;
  #exitCode: number | undefined;
  readonly #process: StartedProcess;
  readonly #ended: Promise<CommandResult>;
  readonly #input: boolean;

  constructor(process: StartedProcess, input: boolean, options: SpawnProcessOptions) {
    super(options);
    this.pid = String(process.pid);
    this.#process = process;
    this.#input = input;
    this.#ended = this.#follow(options.timeout);
    // wait() tells of it.
    this.#ended.catch(() => {});
  }

  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  async #follow(timeoutMs: number | undefined): Promise<CommandResult> {
    const started = performance.now();
    let timedOut = false;
    const onTimeout = () => {
      timedOut = true;
      void this.#process.kill().catch(() => {});
    };
    const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs);
    try {
      const ending: Ending = await this.#process.follow((type, text) =>
        type === "stdout" ? this.emitStdout(text) : this.emitStderr(text),
      );
      if (timedOut) this.emitStderr(`\nKilled after ${timeoutMs} ms.`);
      const exitCode = exitCodeOf({ ...ending, timed_out: timedOut });
      this.#exitCode = exitCode;
      return {
        success: exitCode === 0,
        exitCode,
        stdout: this.stdout,
        stderr: this.stderr,
        executionTimeMs: Math.round(performance.now() - started),
        timedOut,
        killed: ending.signal !== null,
      };
    } finally {
      clearTimeout(timer);
    }
  }

  override wait(_options?: Parameters<ProcessHandle["wait"]>[0]): Promise<CommandResult> {
    return this.#ended;
  }

  async kill(): Promise<boolean> {
    if (this.#exitCode !== undefined) return false;
    await this.#process.kill();
    return true;
  }

  async sendStdin(data: string): Promise<void> {
    this.#refuseWithoutInput();
    await this.#process.write(data);
  }

  override async closeStdin(): Promise<void> {
    this.#refuseWithoutInput();
    await this.#process.closeInput();
  }

  #refuseWithoutInput(): void {
    if (!this.#input) throw new Error(`Process ${this.pid} was started without an input; spawn it with stdinMode 'pipe'.`);
  }
}

/** The sandbox that processes are in. */
type Place = MastraSandbox & { readonly user: string; use<T>(work: (computer: Computer) => Promise<T>): Promise<T> };

/** The processes that a sandbox started, which also are its commands. */
export class VitrineProcesses extends SandboxProcessManager<Place> {
  override async spawn(command: string, options: SpawnProcessOptions = {}): Promise<ProcessHandle> {
    const { sandbox } = this;
    const env = Object.entries({ ...this.env, ...options.env }).filter((pair): pair is [string, string] => pair[1] !== undefined);
    const input = options.stdinMode !== "ignore";
    const cwd = posix.resolve(sandbox.workingDirectory ?? GUEST_USER.home, options.cwd ?? ".");
    const start = { command, cwd, env: Object.fromEntries(env), user: sandbox.user };
    const process = await sandbox.use((computer) => startProcess(computer, start, { input }));
    const handle = new VitrineProcess(process, input, options);
    this._tracked.set(handle.pid, handle);
    return handle;
  }

  override async list() {
    return [...this._tracked.values()].map(({ pid, command, exitCode }) => ({
      pid,
      running: exitCode === undefined,
      ...(command !== undefined && { command }),
      ...(exitCode !== undefined && { exitCode }),
    }));
  }
}
