import type { ServerHttp2Stream } from "node:http2";
import { encodeFrame, FRAME } from "../../src/contract/guest/frames.ts";
import type { ExecSpec, ExitRecord } from "../../src/contract/guest/protocol.ts";
import { type Handler, readJson } from "./call.ts";
import { invalid } from "./fault.ts";
import { launch, type OutputType, type Program, StartError } from "./launch.ts";
import type { PipePool } from "./pipes.ts";
import type { Settings } from "./settings.ts";

/** From SIGTERM to SIGKILL. */
const TERM_MS = 2000;

/** Ends the whole group of a program that has overstayed, and what it leaves behind. */
const end = async (program: Program): Promise<void> => {
  program.kill("SIGTERM");
  const kill = setTimeout(() => program.kill("SIGKILL"), TERM_MS);
  await program.ended;
  clearTimeout(kill);
  program.kill("SIGKILL");
};

/** Sends output as frames, up to the limit of each kind; the rest is counted and dropped. */
const outputSender = (stream: ServerHttp2Stream, limit: number) => {
  const left = { [FRAME.stdout]: limit, [FRAME.stderr]: limit };
  let program: Program | null = null;
  const sender = {
    truncated: false,
    attach: (started: Program) => {
      program = started;
      if (stream.writableNeedDrain) started.pause();
      stream.on("drain", started.resume);
    },
    send: (type: OutputType, chunk: Buffer) => {
      const part = chunk.length > left[type] ? chunk.subarray(0, left[type]) : chunk;
      if (part.length < chunk.length) sender.truncated = true;
      left[type] -= part.length;
      if (part.length > 0 && stream.writable && !stream.write(encodeFrame(type, part))) program?.pause();
    },
  };
  return sender;
};

/** POST /exec: runs a program to its end on this stream. */
export const exec =
  (pipes: PipePool, settings: Settings): Handler =>
  async ({ stream }) => {
    const spec = await readJson<ExecSpec>(stream);
    if (!(spec.timeout_ms > 0 && spec.timeout_ms <= 0x7fff_ffff)) throw invalid("timeout_ms is out of range");
    const started = performance.now();
    const output = outputSender(stream, spec.output_limit ?? Number.POSITIVE_INFINITY);
    const finish = (record: Pick<ExitRecord, "exit_code" | "signal" | "timed_out">) => {
      if (!stream.writable) return;
      const exit: ExitRecord = { ...record, truncated: output.truncated, duration_ms: Math.round(performance.now() - started) };
      stream.end(encodeFrame(FRAME.exit, Buffer.from(JSON.stringify(exit))));
    };

    let program: Program;
    try {
      program = await launch(spec, {
        pipes,
        env: settings.env,
        stdin: spec.stdin === undefined ? "none" : { text: spec.stdin },
        onOutput: output.send,
      });
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      stream.respond({ ":status": 200 });
      output.send(FRAME.stderr, Buffer.from(`${error.message}\n`));
      return finish({ exit_code: error.exitCode, signal: null, timed_out: false });
    }

    // Nobody listens any more: output is let go, so that a program that writes while it ends is not held up.
    const onClose = () => {
      program.resume();
      if (!program.exited) void end(program);
    };
    stream.once("close", onClose);
    if (stream.destroyed) return onClose();
    stream.respond({ ":status": 200 });
    output.attach(program);

    let timed_out = false;
    const timer = setTimeout(() => {
      timed_out = true;
      void end(program);
    }, spec.timeout_ms);
    const ending = await program.ended;
    clearTimeout(timer);
    stream.off("close", onClose);
    stream.off("drain", program.resume);
    finish({ ...ending, timed_out });
  };
