import { randomUUID } from "node:crypto";
import { type Computer, VitrineError } from "../../client/index.ts";
import type { CommandOptions } from "../shared/functions.ts";
import { type Ending, type StartedProcess, startProcess } from "../shared/process.ts";

/** Characters of output that are kept for the model; what is older is dropped. */
const MAX_KEPT = 1024 * 1024;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** How a command came to its end: with an exit code, or, without one, with the shell's own end. */
export interface Done {
  output: string;
  exit_code?: number;
}

/** One bash, whose folder, variables and jobs stay from one command to the next. Whoever starts one ends it. */
export class Shell {
  readonly #process: StartedProcess;
  readonly #ended: Promise<Ending>;
  #over = false;
  #output = "";
  #onOutput: () => void = () => {};

  private constructor(process: StartedProcess) {
    this.#process = process;
    const onText = (_type: string, text: string) => {
      this.#output = (this.#output + text).slice(-MAX_KEPT);
      this.#onOutput();
    };
    this.#ended = process.follow(onText).finally(() => {
      this.#over = true;
    });
    // run() tells of it.
    this.#ended.catch(() => {});
  }

  static async start(computer: Computer, options: Pick<CommandOptions, "cwd" | "env" | "user">): Promise<Shell> {
    const process = await startProcess(computer, { argv: ["/bin/bash", "-l"], ...options }, { input: true });
    const shell = new Shell(process);
    try {
      // In one stream, output and errors keep their order.
      await process.write("exec 2>&1\n");
      return shell;
    } catch (error) {
      await shell.end();
      throw error;
    }
  }

  /** Whether it has ended, or the way to it is lost. */
  get over(): boolean {
    return this.#over;
  }

  /** Runs a command when those before it are done. Throws the reason of `signal`, upon which the shell is good for nothing but end(). */
  async run(command: string, signal: AbortSignal): Promise<Done> {
    signal.throwIfAborted();
    // In two halves, which a trace of the shell's commands does not join.
    const [half, other] = [randomUUID(), randomUUID()];
    const mark = new RegExp(`\\n${half}${other} (\\d+)\\n`);
    const marked = new Promise<Done>((resolve) => {
      this.#onOutput = () => {
        const found = mark.exec(this.#output);
        if (!found) return;
        const output = this.#output.slice(0, found.index);
        this.#output = this.#output.slice(found.index + found[0].length);
        resolve({ output, exit_code: Number(found[1]) });
      };
    });
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    // As one word, so that a command that is no proper syntax fails by itself.
    const line = `eval ${quoted(command)} </dev/null; printf '\\n%s%s %d\\n' ${half} ${other} $?\n`;
    const ended = this.#type(line).then(async (): Promise<Done> => {
      await this.#ended;
      return { output: this.take() };
    });
    return Promise.race([marked, ended, aborted]);
  }

  async #type(line: string): Promise<void> {
    try {
      await this.#process.write(line);
    } catch (error) {
      // A shell that has ended takes nothing, and says so itself.
      if (!(error instanceof VitrineError)) throw error;
    }
  }

  /** What it wrote that was in no answer. */
  take(): string {
    const output = this.#output;
    this.#output = "";
    return output;
  }

  /** Kills it and all it started. */
  async end(): Promise<void> {
    await this.#process.kill();
  }
}
