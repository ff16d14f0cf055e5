import { setTimeout as sleep } from "node:timers/promises";
import { SandboxExecTransportError } from "@openai/agents/sandbox";
import { sandboxError } from "./errors.ts";
import type { Running } from "./running.ts";

/** Output that nobody has asked for yet; what is older is dropped. */
const MAX_UNREAD = 1024 * 1024;

/** A process in the computer whose output is taken in pieces. Whoever starts one ends or detaches it. */
export class Command {
  readonly done: Promise<void>;
  readonly #running: Running;
  #stdout = "";
  #stderr = "";
  #output = "";
  #dropped = 0;
  #exit: { exit_code: number | null } | null = null;
  #failure: unknown;

  constructor(running: Running) {
    this.#running = running;
    this.done = this.#follow();
  }

  async #follow(): Promise<void> {
    try {
      for await (const event of this.#running.output) {
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
  get exit(): { exit_code: number | null } | null {
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
    try {
      await this.#running.write(chars);
    } catch (error) {
      await this.wait(0);
      if (this.#exit) return;
      throw new SandboxExecTransportError(`The command's input does not take anything: ${(error as Error).message}`, this.#running.details);
    }
  }

  /** Kills it and all it started. */
  async end(): Promise<void> {
    this.#running.leave();
    await this.done;
    if (!this.#exit) await this.#running.kill().catch(() => {});
  }
}
