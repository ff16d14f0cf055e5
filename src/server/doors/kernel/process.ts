import { Readable } from "node:stream";
import { z } from "zod";
import { SIGNALS } from "../../../contract/exec.ts";
import { parse } from "../../parse.ts";
import { ignored, lacking } from "./lacking.ts";
import { collectOutput, exitCode, streamOutput } from "./output.ts";
import type { DoorCall, Verb } from "./verb.ts";

const Command = z.strictObject({
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  as_root: z.boolean().nullish(),
  as_user: z.string().nullish(),
  cwd: z.string().nullish(),
  env: z.record(z.string(), z.string()).nullish(),
});
const Exec = Command.extend({ timeout_sec: z.number().nullish() });
const Spawn = Command.extend({
  allocate_tty: lacking("allocate_tty", "POST /v1/computers/{id}/terminals has terminals"),
  cols: ignored,
  rows: ignored,
  timeout_sec: lacking("timeout_sec of spawn", "run the command by timeout(1), or end it with kill"),
});
const Stdin = z.strictObject({ data_b64: z.base64() });
const Kill = z.strictObject({ signal: z.enum(SIGNALS) });

/** With arguments a program, without any a line for the shell. */
const toCommand = ({ command, args, as_root, as_user, cwd, env }: z.output<typeof Command>) => ({
  ...(args && args.length > 0 ? { argv: [command, ...args] } : { command }),
  ...(as_root ? { user: "root" } : as_user ? { user: as_user } : {}),
  ...(cwd && { cwd }),
  ...(env && { env }),
});

const exec = async ({ run, params, body }: DoorCall) => {
  const { timeout_sec, ...command } = parse(Exec, body, "body");
  const output = collectOutput();
  await run("execStream", {
    params,
    body: { ...toCommand(command), ...(timeout_sec && { timeout_s: timeout_sec }) },
    sendFrames: output.take,
  });
  return output.result();
};

const spawn = async ({ run, params, body }: DoorCall) => {
  const { pid, started_at } = await run("startProcess", { params, body: toCommand(parse(Spawn, body, "body")) });
  return { process_id: String(pid), pid, started_at };
};

/** Commands and background processes; a process's id is its pid. */
export const processVerbs: readonly Verb[] = [
  { method: "post", path: "/:id/process/exec", does: exec },
  { method: "post", path: "/:id/process/spawn", does: spawn },
  {
    method: "get",
    path: "/:id/process/:pid/status",
    does: async ({ run, params }) => {
      const { running, exit_code } = await run("getProcess", { params });
      return { state: running ? "running" : "exited", exit_code: running ? null : exitCode(exit_code) };
    },
  },
  {
    method: "post",
    path: "/:id/process/:pid/stdin",
    does: async ({ run, params, body }) => {
      const data = Buffer.from(parse(Stdin, body, "body").data_b64, "base64");
      await run("processStdin", { params, bytes: Readable.from([data]) });
      return { written_bytes: data.length };
    },
  },
  {
    method: "post",
    path: "/:id/process/:pid/kill",
    does: async ({ run, params, body }) => {
      await run("signalProcess", { params, body: parse(Kill, body, "body") });
      return { ok: true };
    },
  },
  {
    method: "get",
    path: "/:id/process/:pid/stdout/stream",
    does: async ({ run, params, response }) => {
      await run("getProcess", { params });
      await run("processOutput", { params, sendFrames: (frames) => streamOutput(response, frames) });
    },
  },
];
