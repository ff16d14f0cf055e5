import { once } from "node:events";
import type { Computer } from "../../client/index.ts";

/** What a command is started with. */
export interface Start {
  argv: string[];
  cwd: string;
  env: Record<string, string>;
  user: string;
}

/** A command that runs in the computer, and how it is heard and spoken to. */
export interface Running {
  /** Names it in the details of an error. */
  readonly details: Record<string, unknown>;
  /** What it says, and at last how it ended. Ends without that on leave(). */
  readonly output: AsyncIterable<{ type: "stdout" | "stderr"; data: string } | { type: "exit"; exit_code: number | null }>;
  write(chars: string): Promise<void>;
  leave(): void;
  /** Ends it and all it started. */
  kill(): Promise<void>;
}

/** With its output and errors apart. */
export const startProcess = async ({ processes }: Computer, start: Start): Promise<Running> => {
  const { pid } = await processes.start(start);
  const left = new AbortController();
  return {
    details: { pid },
    output: processes.output(pid, { signal: left.signal }),
    write: (chars) => processes.writeStdin(pid, chars),
    leave: () => left.abort(),
    kill: () => processes.signal(pid, "KILL"),
  };
};

/** On a terminal. */
export const startOnTerminal = async ({ terminals }: Computer, start: Start): Promise<Running> => {
  const { terminal_id } = await terminals.create(start);
  const end = () => terminals.end(terminal_id);
  const terminal = await terminals.attach(terminal_id).catch(async (error) => {
    await end().catch(() => {});
    throw error;
  });
  terminal.setEncoding("utf8");
  return {
    details: { terminal_id },
    output: (async function* () {
      for await (const data of terminal) yield { type: "stdout" as const, data: String(data) };
      const exit = await terminal.exit;
      if (exit) yield exit;
    })(),
    write: async (chars) => {
      if (!terminal.write(chars)) await once(terminal, "drain");
    },
    leave: () => terminal.detach(),
    kill: end,
  };
};
