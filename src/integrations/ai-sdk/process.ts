import type { Experimental_SandboxProcess as SandboxProcess } from "ai";
import { type Computer, type ProcessInput, VitrineError } from "../../client/index.ts";
import { exitCodeOf } from "../shared/report.ts";

/** A stream that is fed. What nobody reads waits in memory, until the stream is cancelled. */
const fed = () => {
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  const stream = new ReadableStream<Uint8Array>({
    start: (own) => {
      controller = own;
    },
    cancel: () => {
      controller = null;
    },
  });
  return {
    stream,
    put: (text: string) => controller?.enqueue(Buffer.from(text)),
    end: () => controller?.close(),
    fail: (error: unknown) => controller?.error(error),
  };
};

/** Starts a process whose input is closed, or with `stdin` a stream to write to. Aborting kills it, and wait() rejects then. */
export const startProcess = async (
  { processes }: Computer,
  command: ProcessInput,
  { stdin = false, signal }: { stdin?: boolean | undefined; signal?: AbortSignal | undefined },
): Promise<SandboxProcess & { stdin?: WritableStream<Uint8Array> }> => {
  signal?.throwIfAborted();
  const { pid } = await processes.start(command);
  const [out, err] = [fed(), fed()];

  const follow = async (): Promise<{ exitCode: number }> => {
    try {
      for await (const event of processes.output(pid)) {
        if (event.type !== "exit") (event.type === "stdout" ? out : err).put(event.data);
        else {
          out.end();
          err.end();
          return { exitCode: exitCodeOf(event) };
        }
      }
      throw new VitrineError("process_not_found", { pid });
    } catch (error) {
      out.fail(error);
      err.fail(error);
      throw error;
    }
  };
  const kill = async (): Promise<void> => {
    try {
      await processes.signal(pid, "KILL");
    } catch (error) {
      // It ended so long ago that it is forgotten.
      if (!(error instanceof VitrineError && error.code === "process_not_found")) throw error;
    }
  };

  const onAbort = () => void kill().catch(() => {});
  signal?.addEventListener("abort", onAbort, { once: true });
  const ended = follow().finally(() => signal?.removeEventListener("abort", onAbort));
  // wait() tells of it, and the streams do.
  ended.catch(() => {});
  if (signal?.aborted) onAbort();

  const closeInput = () => processes.writeStdin(pid, "", { end: true });
  // What has ended already needs no closing.
  if (!stdin) await closeInput().catch(() => {});
  return {
    pid,
    stdout: out.stream,
    stderr: err.stream,
    kill,
    wait: async () => {
      const exit = await ended;
      signal?.throwIfAborted();
      return exit;
    },
    ...(stdin && {
      stdin: new WritableStream<Uint8Array>({
        write: (chunk) => processes.writeStdin(pid, chunk),
        close: closeInput,
        abort: closeInput,
      }),
    }),
  };
};
