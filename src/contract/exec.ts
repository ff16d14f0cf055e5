import { z } from "zod";
import { EnvMap } from "./computer.ts";

const noNul = (s: string) => !s.includes("\0");
const arg = z.string().max(131072).refine(noNul, "NUL is not allowed");
export const GuestPath = z
  .string()
  .min(1)
  .max(4096)
  .refine(noNul, "NUL is not allowed")
  .refine((p) => p.startsWith("/"), "give an absolute path")
  .refine((p) => !p.split("/").includes(".."), "'..' is not allowed");
export const GuestUser = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, "give a user name, like ohm or root");

export const SIGNALS = ["HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "TERM", "CONT", "STOP", "WINCH"] as const;
export type SignalName = (typeof SIGNALS)[number];

/** What is to run, and as whom. */
export const command = {
  command: arg.min(1).optional().describe("Run by the shell (bash -lc)"),
  argv: z.array(arg).min(1).max(1024).optional().describe("Run as it is, without a shell"),
  cwd: GuestPath.optional(),
  env: EnvMap.default({}),
  user: GuestUser.default("ohm"),
};
export const oneOf = (v: { command?: string | undefined; argv?: string[] | undefined }) =>
  (v.command === undefined) !== (v.argv === undefined);
const oneOfMessage = "give either command or argv";

export const ExecRequest = z
  .strictObject({
    ...command,
    stdin: z
      .string()
      .max(8 * 1024 * 1024)
      .optional()
      .describe("Text written to stdin, which is then closed"),
    timeout_s: z.number().min(0.1).max(86400).default(30),
  })
  .refine(oneOf, oneOfMessage)
  .meta({ id: "ExecRequest" });
export type ExecRequest = z.infer<typeof ExecRequest>;
export type ExecRequestInput = z.input<typeof ExecRequest>;

export const ExecResult = z
  .object({
    exit_code: z.int().nullable().describe("null when a signal ended it; 127 when the command was not found"),
    signal: z.string().nullable(),
    stdout: z.string(),
    stderr: z.string(),
    timed_out: z.boolean(),
    truncated: z.boolean().describe("True when stdout or stderr went over 1 MiB and the rest was dropped"),
    duration_ms: z.int(),
  })
  .meta({ id: "ExecResult" });
export type ExecResult = z.infer<typeof ExecResult>;

export const StartProcess = z.strictObject(command).refine(oneOf, oneOfMessage);
export type StartProcess = z.infer<typeof StartProcess>;

export const ProcessInfo = z
  .object({
    pid: z.int(),
    command: z.string(),
    user: z.string(),
    running: z.boolean(),
    exit_code: z.int().nullable(),
    signal: z.string().nullable(),
    started_at: z.iso.datetime(),
    ended_at: z.iso.datetime().nullable(),
  })
  .meta({ id: "ProcessInfo" });
export type ProcessInfo = z.infer<typeof ProcessInfo>;

export const SignalProcess = z.strictObject({ signal: z.enum(SIGNALS) });

export const FileStat = z
  .object({
    path: z.string(),
    name: z.string(),
    type: z.enum(["file", "directory", "symlink", "other"]),
    size_bytes: z.int(),
    mode: z.string().describe("Octal, like 0644"),
    modified_at: z.iso.datetime(),
    owner: z.string(),
  })
  .meta({ id: "FileStat" });
export type FileStat = z.infer<typeof FileStat>;

export const Download = z
  .object({
    id: z.string(),
    name: z.string(),
    size_bytes: z.int(),
    finished_at: z.iso.datetime(),
  })
  .meta({ id: "Download" });
export type Download = z.infer<typeof Download>;

export const MoveFile = z.strictObject({ from: GuestPath, to: GuestPath, overwrite: z.boolean().default(false) });
export const MakeDirectory = z.strictObject({ path: GuestPath });
