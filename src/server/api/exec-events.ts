import { VitrineError } from "../../contract/errors.ts";
import { FRAME, type Frame } from "../../contract/guest/frames.ts";
import type { ExitRecord, ProcessSpec } from "../../contract/guest/protocol.ts";
import { exitOf } from "../guest/exec.ts";
import type { Emit } from "../timeline/timeline.ts";

/** The name of the program that a command runs; its arguments and variables may be secrets. What is no plain name is told as the shell that takes it. */
export const programOf = ({ argv, command }: Pick<ProcessSpec, "argv" | "command">): string => {
  const word = argv?.[0] ?? command?.trimStart().split(/\s/, 1)[0] ?? "";
  return (/^[\w./+-]{1,200}$/.test(word) && word.split("/").at(-1)) || "bash";
};

/** Writes down how a command ended: one of the two is called, once. */
export interface ExecEnd {
  ended(exit: ExitRecord): void;
  /** Its end is not known. */
  failed(error?: unknown): void;
}

export const execEnd = (emit: Emit, computer_id: string, actor: string | null, spec: ProcessSpec): ExecEnd => {
  const common = { program: programOf(spec), user: spec.user };
  const tell = (data: object) => emit({ type: "exec", computer_id, actor, data: { ...common, ...data } });
  return {
    ended: ({ exit_code, signal, timed_out, duration_ms }) => tell({ exit_code, signal, timed_out, duration_ms }),
    failed: (error) => tell({ error: error instanceof VitrineError ? error.code : "abandoned" }),
  };
};

/** The same frames, whose end is written down however they end. */
export async function* watchEnd(frames: AsyncIterable<Frame>, { ended, failed }: ExecEnd): AsyncGenerator<Frame> {
  let told = false;
  try {
    for await (const frame of frames) {
      if (frame.type === FRAME.exit) {
        told = true;
        ended(exitOf(frame));
      }
      yield frame;
    }
  } catch (error) {
    if (!told) failed(error);
    told = true;
    throw error;
  } finally {
    if (!told) failed();
  }
}
