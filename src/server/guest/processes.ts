import { Process, Processes } from "./answers.ts";
import { call, callJson } from "./call.ts";
import { frames } from "./exec.ts";
import type { Guest } from "./guest.ts";
import type { Link } from "./link.ts";

type ProcessCalls = Pick<Guest, "startProcess" | "listProcesses" | "getProcess" | "writeStdin" | "signalProcess" | "processOutput">;

export const processCalls = (link: Link): ProcessCalls => ({
  startProcess: (spec, signal) => callJson(link, { method: "POST", path: "/processes", json: spec, signal }, Process),
  listProcesses: (signal) => callJson(link, { method: "GET", path: "/processes", signal }, Processes),
  getProcess: (pid, signal) => callJson(link, { method: "GET", path: `/processes/${pid}`, signal }, Process),
  writeStdin: (pid, body, end, signal) =>
    call(link, { method: "POST", path: `/processes/${pid}/stdin`, query: { end: end ? 1 : undefined }, body, signal }),
  signalProcess: (pid, name, signal) => call(link, { method: "POST", path: `/processes/${pid}/signal`, json: { signal: name }, signal }),
  processOutput: (pid, signal) => frames(link, { method: "GET", path: `/processes/${pid}/output`, signal }),
});
