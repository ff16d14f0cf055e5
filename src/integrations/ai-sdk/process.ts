import type { Experimental_SandboxProcess as SandboxProcess } from "ai";
import type { Computer, ProcessInput } from "../../client/index.ts";
import { startProcess } from "../shared/process.ts";
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

/** Starts a process, with `stdin` one that has a stream to write to. Aborting kills it, and wait() rejects then. */
export const spawn = async (
  computer: Computer,
  command: ProcessInput,
  { stdin = false, signal }: { stdin?: boolean | undefined; signal?: AbortSignal | undefined },
): Promise<SandboxProcess & { stdin?: WritableStream<Uint8Array> }> => {
  signal?.throwIfAborted();
  const started = await startProcess(computer, command, { input: stdin });
  const streams = { stdout: fed(), stderr: fed() };
  const onAbort = () => void started.kill().catch(() => {});
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();

  const follow = async (): Promise<{ exitCode: number }> => {
    try {
      const ending = await started.follow((type, text) => streams[type].put(text));
      for (const stream of Object.values(streams)) stream.end();
      return { exitCode: exitCodeOf(ending) };
    } catch (error) {
      for (const stream of Object.values(streams)) stream.fail(error);
      throw error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  };
  const ended = follow();
  // wait() tells of it, and so do the streams.
  ended.catch(() => {});

  const close = () => started.closeInput();
  return {
    pid: started.pid,
    stdout: streams.stdout.stream,
    stderr: streams.stderr.stream,
    kill: () => started.kill(),
    wait: async () => {
      const exit = await ended;
      signal?.throwIfAborted();
      return exit;
    },
    ...(stdin && { stdin: new WritableStream<Uint8Array>({ write: (chunk) => started.write(chunk), close, abort: close }) }),
  };
};
