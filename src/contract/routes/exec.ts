import { z } from "zod";
import { ExecRequest, ExecResult, ProcessInfo, SignalProcess, StartProcess } from "../exec.ts";
import type { Media, Route } from "../route.ts";
import { bytes, flag, list, onGuest } from "./shared.ts";

const sse: Media = { media: "text/event-stream", description: "Server-sent events `stdout`, `stderr` ({data}) and `exit`" };

/** Commands and background processes in a computer. */
export const exec = {
  exec: {
    method: "post",
    path: "/v1/computers/{id}/exec",
    summary: "Run a command to its end",
    query: z.strictObject({ start: flag.default(false).describe("Start the computer first when it is stopped") }),
    body: ExecRequest,
    status: 200,
    answer: ExecResult,
    errors: [...onGuest, "quota_exceeded"],
    lane: "commands",
  },
  execStream: {
    method: "post",
    path: "/v1/computers/{id}/exec/stream",
    summary: "Run a command, its output as it comes",
    body: ExecRequest,
    status: 200,
    answer: sse,
    errors: onGuest,
    lane: "commands",
  },
  startProcess: {
    method: "post",
    path: "/v1/computers/{id}/processes",
    summary: "Start a background process",
    body: StartProcess,
    status: 201,
    answer: ProcessInfo,
    errors: onGuest,
    lane: "commands",
  },
  listProcesses: {
    method: "get",
    path: "/v1/computers/{id}/processes",
    summary: "Background processes",
    status: 200,
    answer: list(ProcessInfo),
    errors: onGuest,
    lane: "commands",
  },
  getProcess: {
    method: "get",
    path: "/v1/computers/{id}/processes/{pid}",
    summary: "One background process",
    status: 200,
    answer: ProcessInfo,
    errors: [...onGuest, "process_not_found"],
    lane: "commands",
  },
  processStdin: {
    method: "post",
    path: "/v1/computers/{id}/processes/{pid}/stdin",
    summary: "Write to a background process's stdin; end=1 closes it",
    query: z.strictObject({ end: flag.default(false) }),
    body: bytes,
    status: 204,
    errors: [...onGuest, "process_not_found"],
    lane: "commands",
  },
  signalProcess: {
    method: "post",
    path: "/v1/computers/{id}/processes/{pid}/signal",
    summary: "Signal a background process's group",
    body: SignalProcess,
    status: 204,
    errors: [...onGuest, "process_not_found"],
    lane: "commands",
  },
  processOutput: {
    method: "get",
    path: "/v1/computers/{id}/processes/{pid}/output",
    summary: "The last output kept of a background process (1 MiB), then what comes",
    status: 200,
    answer: sse,
    errors: [...onGuest, "process_not_found"],
    lane: "commands",
  },
} as const satisfies Record<string, Route>;
