import type { Response } from "express";
import { FRAME, type Frame } from "../../../contract/guest/frames.ts";
import { type FrameEvents, sendFrames } from "../../api/sse.ts";
import { exitOf } from "../../guest/exec.ts";
import { toErrorModel } from "./errors.ts";

/** Bytes of each stream that an exec answers; what is over is dropped, and `truncated` is added to the answer. */
const LIMIT = 1024 * 1024;
/** What timeout(1) ends with when time was up. */
const TIMED_OUT = 124;
/** The vendor has no word for an end by a signal; this is Go's. */
const SIGNALLED = -1;

export const exitCode = (code: number | null): number => code ?? SIGNALLED;

/** Gathers the output of a command, byte for byte. */
export const collectOutput = () => {
  const kept = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const room = { stdout: LIMIT, stderr: LIMIT };
  let truncated = false;
  let end = {};
  const take = async (frames: AsyncIterable<Frame>): Promise<void> => {
    for await (const frame of frames) {
      if (frame.type === FRAME.exit) {
        const { exit_code, timed_out, duration_ms } = exitOf(frame);
        end = { exit_code: timed_out ? TIMED_OUT : exitCode(exit_code), duration_ms };
        continue;
      }
      const name = frame.type === FRAME.stdout ? "stdout" : "stderr";
      const part = frame.payload.subarray(0, room[name]);
      truncated ||= part.length < frame.payload.length;
      room[name] -= part.length;
      kept[name].push(Buffer.from(part));
    }
  };
  const b64 = (parts: Buffer[]): string => Buffer.concat(parts).toString("base64");
  const result = () => ({ ...end, stdout_b64: b64(kept.stdout), stderr_b64: b64(kept.stderr), ...(truncated && { truncated }) });
  return { take, result };
};

const asVendor: FrameEvents = {
  of: (frame) => {
    if (frame.type === FRAME.exit) return ["message", { event: "exit", exit_code: exitCode(exitOf(frame).exit_code) }];
    return ["message", { stream: frame.type === FRAME.stdout ? "stdout" : "stderr", data_b64: frame.payload.toString("base64") }];
  },
  error: (error) => ["message", { event: "error", error: toErrorModel(error) }],
};

/** Sends the output of a process that is known to be there as the vendor's events. Clients wait for the answer to begin before they write to the process. */
export const streamOutput = (response: Response, frames: AsyncIterable<Frame>): Promise<void> =>
  sendFrames(response, frames, { events: asVendor, begin: "at once" });
