import { type ExecCommandArgs, type SandboxExecResult, SandboxPtySessionNotFoundError, type WriteStdinArgs } from "@openai/agents/sandbox";
import { elapsedSeconds, truncateOutput } from "@openai/agents-core/sandbox/internal";
import type { Computer } from "../../client/index.ts";
import { Command } from "./command.ts";
import { called } from "./errors.ts";
import type { Paths } from "./paths.ts";
import { startOnTerminal, startProcess } from "./running.ts";
import type { VitrineSandboxState } from "./state.ts";

const EXEC_YIELD_MS = 10_000;
const STDIN_YIELD_MS = 250;

/** The commands of one session that may run on when their call has been answered. */
export class Commands {
  readonly #computer: Computer;
  readonly #state: VitrineSandboxState;
  readonly #paths: Paths;
  readonly #running = new Map<number, Command>();
  #last = 0;

  constructor(computer: Computer, state: VitrineSandboxState, paths: Paths) {
    this.#computer = computer;
    this.#state = state;
    this.#paths = paths;
  }

  /** Answers at its end, or after `yieldTimeMs` (10,000) with a sessionId for write(). */
  async run(args: ExecCommandArgs): Promise<SandboxExecResult> {
    const { cmd, workdir, shell = "/bin/bash", login = true, tty = false, runAs } = args;
    const start = tty ? startOnTerminal : startProcess;
    const running = await called(
      start(this.#computer, {
        argv: [shell, login ? "-lc" : "-c", cmd],
        cwd: this.#paths.named(workdir),
        env: this.#state.environment,
        user: runAs ?? this.#state.user,
      }),
    );
    const id = ++this.#last;
    const command = new Command(running);
    this.#running.set(id, command);
    return this.#answer(id, command, args.yieldTimeMs ?? EXEC_YIELD_MS, args.maxOutputTokens);
  }

  /** Errors: pty_session_not_found. */
  async write({ sessionId, chars = "", yieldTimeMs = STDIN_YIELD_MS, maxOutputTokens }: WriteStdinArgs): Promise<SandboxExecResult> {
    const command = this.#running.get(sessionId);
    if (!command) throw new SandboxPtySessionNotFoundError(`No running command has the session ID ${sessionId}.`, { sessionId });
    if (chars !== "") await command.write(chars);
    return this.#answer(sessionId, command, yieldTimeMs, maxOutputTokens);
  }

  async #answer(id: number, command: Command, yieldMs: number, maxOutputTokens: number | undefined): Promise<SandboxExecResult> {
    const start = Date.now();
    await command.wait(yieldMs);
    const { exit } = command;
    try {
      const { output, stdout, stderr } = command.take();
      const { text, originalTokenCount } = truncateOutput(output, maxOutputTokens);
      return {
        output: text,
        stdout,
        stderr,
        wallTimeSeconds: elapsedSeconds(start),
        // A command that a signal ended has a shell's number for that, which is what the SDK knows.
        ...(exit ? { exitCode: exit.exit_code ?? 128 } : { sessionId: id }),
        ...(originalTokenCount !== undefined && { originalTokenCount }),
      };
    } catch (error) {
      await this.#forget(id, command);
      throw error;
    } finally {
      if (exit) this.#running.delete(id);
    }
  }

  async #forget(id: number, command: Command): Promise<void> {
    this.#running.delete(id);
    await command.end();
  }

  /** Ends what still runs. */
  async end(): Promise<void> {
    await Promise.all([...this.#running].map(([id, command]) => this.#forget(id, command)));
  }
}
