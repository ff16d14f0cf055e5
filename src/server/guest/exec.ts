import type { ExecResult } from "../../contract/exec.ts";
import { FRAME, type Frame, FrameReader } from "../../contract/guest/frames.ts";
import type { ExecSpec, ExitRecord } from "../../contract/guest/protocol.ts";
import { badAnswer, Exit, parseAnswer } from "./answers.ts";
import { type Request, send } from "./call.ts";
import type { Link } from "./link.ts";
import { asLoss, cancel, linkLost } from "./loss.ts";
import { readChunks } from "./read.ts";

/** Output kept of each kind when the spec gives no limit. */
const DEFAULT_LIMIT = 1024 * 1024;

/** What an exit frame says. Throws guest_unreachable when it is not an ExitRecord. */
export const exitOf = (frame: Frame): ExitRecord => parseAnswer(Exit, frame.payload.toString("utf8"), "an exit record");

/**
 * The frames of an answer, checked, with the exit frame last. Leaving the loop resets the stream. An answer that ends without an exit is a loss of the
 * link.
 */
export async function* frames(link: Link, request: Request): AsyncGenerator<Frame> {
  const { stream } = await send(link, request);
  const { signal } = request;
  const onAbort = () => cancel(stream);
  signal.addEventListener("abort", onAbort, { once: true });
  const reader = new FrameReader();
  let exit: Frame | null = null;
  try {
    signal.throwIfAborted();
    for await (const chunk of readChunks(stream)) {
      for (const frame of parseFrames(reader, chunk)) {
        if (exit) throw badAnswer("a frame after the exit");
        if (frame.type === FRAME.exit) exit = encodedExit(exitOf(frame));
        else yield frame;
      }
    }
    if (!exit) throw linkLost();
    yield exit;
  } catch (error) {
    throw signal.aborted ? signal.reason : asLoss(error);
  } finally {
    signal.removeEventListener("abort", onAbort);
    cancel(stream);
  }
}

function* parseFrames(reader: FrameReader, chunk: Buffer): Generator<Frame> {
  try {
    yield* reader.push(chunk);
  } catch (error) {
    throw error instanceof RangeError ? badAnswer(error.message, error) : error;
  }
}

/** The record as it was checked, so that nothing else of the guest's passes along with it. */
const encodedExit = (record: ExitRecord): Frame => ({ type: FRAME.exit, payload: Buffer.from(JSON.stringify(record)) });

/** Text of at most `limit` bytes; a character that does not fit whole is left out. */
class Capture {
  readonly #decoder = new TextDecoder();
  readonly #limit: number;
  #size = 0;
  #parts: string[] = [];
  truncated = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(payload: Buffer): void {
    const part = payload.subarray(0, this.#limit - this.#size);
    this.truncated ||= part.length < payload.length;
    this.#size += part.length;
    this.#parts.push(this.#decoder.decode(part, { stream: true }));
  }

  text(): string {
    return this.#parts.join("") + (this.#size < this.#limit ? this.#decoder.decode() : "");
  }
}

export const execFrames = (link: Link, spec: ExecSpec, signal: AbortSignal): AsyncGenerator<Frame> =>
  frames(link, { method: "POST", path: "/exec", json: spec, signal });

export const exec = async (link: Link, spec: ExecSpec, signal: AbortSignal): Promise<ExecResult> => {
  const limit = spec.output_limit ?? DEFAULT_LIMIT;
  const output = { [FRAME.stdout]: new Capture(limit), [FRAME.stderr]: new Capture(limit) };
  for await (const frame of execFrames(link, { ...spec, output_limit: limit }, signal)) {
    if (frame.type !== FRAME.exit) {
      output[frame.type].push(frame.payload);
      continue;
    }
    const record = exitOf(frame);
    const { [FRAME.stdout]: stdout, [FRAME.stderr]: stderr } = output;
    return {
      ...record,
      stdout: stdout.text(),
      stderr: stderr.text(),
      truncated: record.truncated || stdout.truncated || stderr.truncated,
    };
  }
  throw linkLost();
};
