import { setTimeout as sleep } from "node:timers/promises";
import { SandboxExecTransportError } from "@openai/agents/sandbox";
import type { Computer, Exit } from "../../client/index.ts";
import { sandboxError } from "./errors.ts";

/** Output that nobody has asked for yet; what is older is dropped. */
const MAX_UNREAD = 1024 * 1024;
const KEYS = 0;

/** A process in the computer whose output is taken in pieces. Whoever starts one ends or detaches it. */
export class Command {
  readonly pid: number;
  readonly tty: boolean;
  readonly done: Promise<void>;
  readonly #computer: Computer;
  readonly #abort = new AbortController();
  #stdout = "";
  #stderr = "";
  #output = "";
  #dropped = 0;
  #exit: Exit | null = null;
  #failure: unknown;

  constructor(computer: Computer, pid: number, tty: boolean) {
    this.#computer = computer;
    this.pid = pid;
    this.tty = tty;
    this.done = this.#follow();
  }

  async #follow(): Promise<void> {
    try {
      for await (const event of this.#computer.processes.output(this.pid, { signal: this.#abort.signal })) {
        if (event.type === "exit") {
          this.#exit = event;
          continue;
        }
        this.#output += event.data;
        if (event.type === "stdout") this.#stdout = (this.#stdout + event.data).slice(-MAX_UNREAD);
        else this.#stderr = (this.#stderr + event.data).slice(-MAX_UNREAD);
        this.#dropped += Math.max(0, this.#output.length - MAX_UNREAD);
        this.#output = this.#output.slice(-MAX_UNREAD);
      }
    } catch (error) {
      this.#failure = sandboxError(error);
    }
  }

  /** The exit when it has ended. */
  get exit(): Exit | null {
    return this.#exit;
  }

  /** Waits for its end, `ms` at most. */
  async wait(ms: number): Promise<void> {
    const timer = new AbortController();
    const time = sleep(ms, undefined, { signal: timer.signal }).catch(() => {});
    await Promise.race([this.done, time]);
    timer.abort();
  }

  /** What came since the last call. Errors: exec_transport_error when its output was lost. */
  take(): { output: string; stdout: string; stderr: string } {
    if (this.#failure) throw this.#failure;
    const notice = this.#dropped > 0 ? `[...${this.#dropped} characters truncated from process output...]\n` : "";
    const taken = { output: notice + this.#output, stdout: this.#stdout, stderr: this.#stderr };
    [this.#output, this.#stdout, this.#stderr, this.#dropped] = ["", "", "", 0];
    return taken;
  }

  /** Types or writes; nothing once it has ended. */
  async write(chars: string): Promise<void> {
    const keys = Buffer.from(chars, "utf8");
    const head = Buffer.alloc(5);
    head.writeUInt8(KEYS, 0);
    head.writeUInt32BE(keys.length, 1);
    try {
      await this.#computer.processes.writeStdin(this.pid, this.tty ? Buffer.concat([head, keys]) : keys);
    } catch (error) {
      await this.wait(0);
      if (this.#exit) return;
      throw new SandboxExecTransportError(`The command's input does not take anything: ${(error as Error).message}`, { pid: this.pid });
    }
  }

  /** Kills it and all it started. */
  async end(): Promise<void> {
    this.#abort.abort();
    await this.done;
    if (!this.#exit) await this.#computer.processes.signal(this.pid, "KILL").catch(() => {});
  }
}
