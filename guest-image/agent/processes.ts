import { once } from "node:events";
import { constants } from "node:os";
import { encodeFrame, FRAME } from "../../src/contract/guest/frames.ts";
import type { ExitRecord, ProcessRecord, ProcessSpec } from "../../src/contract/guest/protocol.ts";
import { answerJson, answerNothing, type Call, type Routes, readJson } from "./call.ts";
import { Fault, invalid } from "./fault.ts";
import { launch, type Program, StartError } from "./launch.ts";
import type { PipePool } from "./pipes.ts";
import { Ring } from "./ring.ts";
import type { Settings } from "./settings.ts";

interface Entry {
  record: ProcessRecord;
  program: Program;
  output: Ring;
  started: number;
  exit: Promise<ExitRecord>;
}

/** Output kept of one process. */
const KEPT = 1024 * 1024;
/** Finished processes that are remembered, and the output kept of all of them together. */
const MAX_FINISHED = 256;
const MAX_FINISHED_OUTPUT = 16 * 1024 * 1024;

/** Programs that run on by themselves, whatever becomes of the link. */
export const processes = (pipes: PipePool, settings: Settings): Routes => {
  const entries = new Map<number, Entry>();

  const forgetOldest = () => {
    const finished = [...entries.values()].filter((e) => !e.record.running);
    let kept = 0;
    for (const [age, entry] of finished.reverse().entries()) {
      if (age >= MAX_FINISHED) entries.delete(entry.record.pid);
      kept += entry.output.size;
      if (kept > MAX_FINISHED_OUTPUT) entry.output.trim(0);
    }
  };

  const find = ({ segments }: Call): Entry => {
    const entry = entries.get(Number(segments[1]));
    if (!entry) throw new Fault("process_not_found", { pid: segments[1] });
    return entry;
  };

  const start = async ({ stream }: Call) => {
    const spec = await readJson<ProcessSpec>(stream);
    const output = new Ring(KEPT);
    const program = await launch(spec, {
      pipes,
      env: settings.env,
      stdin: "pipe",
      onOutput: (type, chunk) => output.push(type, chunk),
    }).catch((error) => {
      throw error instanceof StartError ? invalid(error.message) : error;
    });
    const record: ProcessRecord = {
      pid: program.pid,
      command: (spec.command ?? spec.argv?.join(" ") ?? "").slice(0, 4096),
      user: spec.user,
      running: true,
      exit_code: null,
      signal: null,
      started_at: new Date().toISOString(),
      ended_at: null,
    };
    const started = performance.now();
    const exit = program.ended.then((ending): ExitRecord => {
      Object.assign(record, ending, { running: false, ended_at: new Date().toISOString() });
      output.close();
      forgetOldest();
      return { ...ending, timed_out: false, truncated: false, duration_ms: Math.round(performance.now() - started) };
    });
    // A pid comes again only after its process has ended; the newer one takes its place at the end of the order.
    entries.delete(program.pid);
    entries.set(program.pid, { record, program, output, started, exit });
    answerJson(stream, record);
  };

  const writeStdin = async (call: Call) => {
    const { stream } = call;
    const { stdin } = find(call).program;
    const closed = () => invalid("the process has closed its stdin, or has ended");
    const gone = new AbortController();
    stream.once("close", () => gone.abort());
    stdin?.once("close", () => gone.abort());
    try {
      for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
        if (!stdin?.writable) throw closed();
        if (!stdin.write(chunk)) await once(stdin, "drain", { signal: gone.signal });
      }
    } catch {
      throw closed();
    }
    if (!stdin?.writable) throw closed();
    if (call.query.get("end") === "1") stdin.end();
    answerNothing(stream);
  };

  const signal = async (call: Call) => {
    const { program } = find(call);
    const name = `SIG${(await readJson<{ signal: string }>(call.stream)).signal}`;
    if (!(name in constants.signals)) throw invalid(`there is no signal ${name}`);
    program.kill(name as NodeJS.Signals);
    answerNothing(call.stream);
  };

  const follow = async (call: Call) => {
    const { stream } = call;
    const { output, exit } = find(call);
    const gone = new AbortController();
    stream.once("close", () => gone.abort());
    stream.respond({ ":status": 200 });
    for await (const { type, data } of output.read(gone.signal)) {
      if (!stream.write(encodeFrame(type, data))) await once(stream, "drain", { signal: gone.signal });
    }
    if (gone.signal.aborted) return;
    stream.end(encodeFrame(FRAME.exit, Buffer.from(JSON.stringify(await exit))));
  };

  return {
    "POST /processes": start,
    "GET /processes": ({ stream }) =>
      answerJson(
        stream,
        [...entries.values()].map((e) => e.record),
      ),
    "GET /processes/*": (call) => answerJson(call.stream, find(call).record),
    "POST /processes/*/stdin": writeStdin,
    "POST /processes/*/signal": signal,
    "GET /processes/*/output": follow,
  };
};
