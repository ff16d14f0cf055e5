import type { ExecRequest, StartProcess } from "../../contract/exec.ts";
import type { ExecSpec, ProcessSpec } from "../../contract/guest/protocol.ts";
import { withDeadline } from "../deadline.ts";
import type { Context } from "./context.ts";
import type { Handlers } from "./route.ts";
import { sendFrames } from "./sse.ts";

/** Bytes of each stream that an exec answers; the rest is dropped and `truncated` says so. */
const OUTPUT_LIMIT = 1024 * 1024;
/** What the link and the kill may take beyond the command's own time. */
const GRACE_MS = 15_000;
const CALL_MS = 30_000;

const processSpec = ({ command, argv, cwd, env, user }: StartProcess): ProcessSpec => ({
  ...(command !== undefined && { command }),
  ...(argv !== undefined && { argv }),
  ...(cwd !== undefined && { cwd }),
  env,
  user,
});
const execSpec = (body: ExecRequest): ExecSpec => ({
  ...processSpec(body),
  ...(body.stdin !== undefined && { stdin: body.stdin }),
  timeout_ms: Math.round(body.timeout_s * 1000),
});

type Names = "exec" | "execStream" | "startProcess" | "listProcesses" | "getProcess" | "processStdin" | "signalProcess" | "processOutput";

export const execHandlers = ({ computers }: Context): Pick<Handlers, Names> => ({
  exec: async ({ params, query, body, signal }) => {
    if (query.start && computers.get(params.id).status !== "running") await computers.start(params.id);
    const { live } = computers.running(params.id, "exec");
    const release = live.activity.hold("exec");
    try {
      const spec = { ...execSpec(body), output_limit: OUTPUT_LIMIT };
      return await withDeadline("exec", spec.timeout_ms + GRACE_MS, signal, (within) => live.guest.exec(spec, within));
    } finally {
      release();
    }
  },
  execStream: async ({ params, body, response, signal }) => {
    const { live } = computers.running(params.id, "exec");
    const release = live.activity.hold("exec");
    try {
      const spec = execSpec(body);
      const within = AbortSignal.any([signal, AbortSignal.timeout(spec.timeout_ms + GRACE_MS)]);
      await sendFrames(response, live.guest.execStream(spec, within));
    } finally {
      release();
    }
  },
  startProcess: ({ params, body, signal }) => {
    const { live } = computers.running(params.id, "exec");
    return withDeadline("The start of the process", CALL_MS, signal, (within) => live.guest.startProcess(processSpec(body), within));
  },
  listProcesses: async ({ params, signal }) => {
    const { live } = computers.running(params.id, "exec");
    const data = await withDeadline("The list of processes", CALL_MS, signal, (within) => live.guest.listProcesses(within));
    return { data, next_cursor: null };
  },
  getProcess: ({ params, signal }) => {
    const { live } = computers.running(params.id, "exec");
    return withDeadline("The process's state", CALL_MS, signal, (within) => live.guest.getProcess(params.pid, within));
  },
  processStdin: async ({ params, query, request, signal }) => {
    const { live } = computers.running(params.id, "exec");
    await live.guest.writeStdin(params.pid, request, query.end, signal);
  },
  signalProcess: async ({ params, body, signal }) => {
    const { live } = computers.running(params.id, "exec");
    await withDeadline("The signal", CALL_MS, signal, (within) => live.guest.signalProcess(params.pid, body.signal, within));
  },
  processOutput: async ({ params, response, signal }) => {
    const { live } = computers.running(params.id, "exec");
    const release = live.activity.hold("exec");
    try {
      await sendFrames(response, live.guest.processOutput(params.pid, signal));
    } finally {
      release();
    }
  },
});
