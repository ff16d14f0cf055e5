import { type CallOptions, type Computer, type ExecResult, type Processes, type ProcessInput, VitrineError } from "../../client/index.ts";

export type Ending = Pick<ExecResult, "exit_code" | "signal">;

/** A process in the computer. Whoever starts one follows or kills it. */
export class StartedProcess {
  readonly pid: number;
  readonly #processes: Processes;

  constructor(processes: Processes, pid: number) {
    this.#processes = processes;
    this.pid = pid;
  }

  /** Gives its output as it comes; resolves with how it ended, when all of it was given. */
  async follow(onOutput: (type: "stdout" | "stderr", text: string) => void, options: CallOptions = {}): Promise<Ending> {
    for await (const event of this.#processes.output(this.pid, options)) {
      if (event.type === "exit") return event;
      onOutput(event.type, event.data);
    }
    throw new VitrineError("process_not_found", { pid: this.pid });
  }

  /** Kills it and all it started. Repeating it is a success. */
  async kill(): Promise<void> {
    try {
      await this.#processes.signal(this.pid, "KILL");
    } catch (error) {
      // It ended so long ago that it is forgotten.
      if (!(error instanceof VitrineError && error.code === "process_not_found")) throw error;
    }
  }

  write(data: string | Uint8Array): Promise<void> {
    return this.#processes.writeStdin(this.pid, data);
  }

  closeInput(): Promise<void> {
    return this.#processes.writeStdin(this.pid, "", { end: true });
  }
}

/** Starts a process, with an input to write to or, without `input`, one that has ended. */
export const startProcess = async (
  { processes }: Pick<Computer, "processes">,
  command: ProcessInput,
  { input }: { input: boolean },
): Promise<StartedProcess> => {
  const { pid } = await processes.start(command);
  const started = new StartedProcess(processes, pid);
  // One that has ended already needs no end of its input.
  if (!input) await started.closeInput().catch(() => {});
  return started;
};
