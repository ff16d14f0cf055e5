import type { ExecRequest, StartProcess } from "../../contract/exec.ts";
import type { ExecSpec, ProcessSpec } from "../../contract/guest/protocol.ts";
import { withDeadline } from "../deadline.ts";
import type { Context } from "./context.ts";
import { execEnd, programOf, watchEnd } from "./exec-events.ts";
import type { Handlers } from "./operate.ts";

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

export const execHandlers = ({ emit }: Context): Pick<Handlers, Names> => ({
  exec: async ({ params, computers, query, body, actor, signal }) => {
    if (query.start) await computers.wake(params.id);
    const { record, live } = computers.running(params.id, "exec");
    const release = live.activity.hold("exec");
    const spec = { ...execSpec(body), output_limit: OUTPUT_LIMIT };
    const tell = execEnd(emit, record.id, actor, spec);
    try {
      const result = await withDeadline("exec", spec.timeout_ms + GRACE_MS, signal, (within) => live.guest.exec(spec, within));
      tell.ended(result);
      return result;
    } catch (error) {
      tell.failed(error);
      throw error;
    } finally {
      release();
    }
  },
  execStream: async ({ params, computers, body, actor, sendFrames, signal }) => {
    const { record, live } = computers.running(params.id, "exec");
    const release = live.activity.hold("exec");
    const spec = execSpec(body);
    const tell = execEnd(emit, record.id, actor, spec);
    try {
      const within = AbortSignal.any([signal, AbortSignal.timeout(spec.timeout_ms + GRACE_MS)]);
      await sendFrames(watchEnd(live.guest.execStream(spec, within), tell));
    } finally {
      release();
    }
  },
  startProcess: async ({ params, computers, body, actor, signal }) => {
    const { record, live } = computers.running(params.id, "exec");
    const spec = processSpec(body);
    const process = await withDeadline("The start of the process", CALL_MS, signal, (within) => live.guest.startProcess(spec, within));
    const data = { pid: process.pid, program: programOf(spec), user: spec.user };
    emit({ type: "process.started", computer_id: record.id, actor, data });
    return process;
  },
  listProcesses: async ({ params, computers, signal }) => {
    const { live } = computers.running(params.id, "exec");
    const data = await withDeadline("The list of processes", CALL_MS, signal, (within) => live.guest.listProcesses(within));
    return { data, next_cursor: null };
  },
  getProcess: ({ params, computers, signal }) => {
    const { live } = computers.running(params.id, "exec");
    return withDeadline("The process's state", CALL_MS, signal, (within) => live.guest.getProcess(params.pid, within));
  },
  processStdin: async ({ params, computers, query, bytes, signal }) => {
    const { live } = computers.running(params.id, "exec");
    await live.guest.writeStdin(params.pid, bytes, query.end, signal);
  },
  signalProcess: async ({ params, computers, body, actor, signal }) => {
    const { record, live } = computers.running(params.id, "exec");
    await withDeadline("The signal", CALL_MS, signal, (within) => live.guest.signalProcess(params.pid, body.signal, within));
    emit({ type: "process.signalled", computer_id: record.id, actor, data: { pid: params.pid, signal: body.signal } });
  },
  processOutput: async ({ params, computers, sendFrames, signal }) => {
    const { live } = computers.running(params.id, "exec");
    const release = live.activity.hold("exec");
    try {
      await sendFrames(live.guest.processOutput(params.pid, signal));
    } finally {
      release();
    }
  },
});
