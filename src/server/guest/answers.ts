import { z } from "zod";
import { type ErrorCode, VitrineError } from "../../contract/errors.ts";
import type {
  AgentHealth,
  BrowserState,
  ExitRecord,
  FileRecord,
  GuestError,
  GuestState,
  Outgoing,
  ProcessRecord,
} from "../../contract/guest/protocol.ts";

/** What the guest says is hostile input: each answer is checked and bounded before anyone uses it. */

const text = (max: number) => z.string().max(max);
const when = text(64).refine((s) => !Number.isNaN(Date.parse(s)));
const count = z.int().min(0);

export const Health = z.object({
  protocol: count,
  boot_id: text(64),
  agent_pid: count,
  uptime_s: z.number(),
}) satisfies z.ZodType<AgentHealth>;

const Browser = z.object({
  status: z.enum(["none", "starting", "ready", "failed"]),
  ws_path: text(128)
    .regex(/^\/devtools\/browser\/[\w-]+$/)
    .optional(),
  starts: count,
  reason: text(16 * 1024)
    .transform((reason) => reason.slice(-4096))
    .optional(),
}) satisfies z.ZodType<BrowserState>;

export const State = z.object({
  display: z.boolean(),
  window: z.boolean(),
  // An image of before it was counted does not say.
  manager_starts: count.default(0),
  browser: Browser,
}) satisfies z.ZodType<GuestState>;

const port = z.int().min(0).max(65535);
export const Outward = z.union([
  z.object({ connection: z.object({ id: z.int().min(1), address: text(64), port: port.min(1) }) }),
  z.object({
    refused: z.object({ protocol: text(16).regex(/^[a-z0-9]+$/), address: text(64).regex(/^[\da-f.:]+$/i), port: port.nullable() }),
  }),
]) satisfies z.ZodType<Outgoing>;

const exitCode = z.int().min(0).max(255).nullable();
const signalName = text(16)
  .regex(/^SIG[A-Z0-9]+$/)
  .nullable();

export const Exit = z.object({
  exit_code: exitCode,
  signal: signalName,
  timed_out: z.boolean(),
  truncated: z.boolean(),
  duration_ms: count,
}) satisfies z.ZodType<ExitRecord>;

export const Process = z.object({
  pid: z.int().min(1),
  command: text(4096),
  user: text(64),
  running: z.boolean(),
  exit_code: exitCode,
  signal: signalName,
  started_at: when,
  ended_at: when.nullable(),
}) satisfies z.ZodType<ProcessRecord>;
export const Processes = z.array(Process).max(10_000);

/** Bytes of a file, which may be sparse and say more than a number holds; then the largest that one does. */
export const FileSize = z
  .number()
  .min(0)
  .transform((size) => Math.min(size, Number.MAX_SAFE_INTEGER))
  .pipe(z.int());

export const File = z.object({
  path: text(8192),
  name: text(1024),
  type: z.enum(["file", "directory", "symlink", "other"]),
  size_bytes: FileSize,
  mode: text(8).regex(/^[0-7]+$/),
  modified_at: when,
  owner: text(64),
}) satisfies z.ZodType<FileRecord>;
export const Files = z.array(File).max(10_000);

/** The errors that a guest may cause; any other code would let it speak for the service. */
const GUEST_CODES = [
  "invalid_request",
  "invalid_path",
  "process_not_found",
  "file_not_found",
  "file_exists",
  "not_a_file",
  "not_a_directory",
  "permission_denied",
  "payload_too_large",
  "range_not_satisfiable",
  "archive_invalid",
  "guest_unreachable",
  "disk_full",
] as const satisfies ErrorCode[];

const Fault = z.object({
  code: z.enum(GUEST_CODES),
  details: z.record(text(64), z.union([text(8192), z.number(), z.boolean()])),
}) satisfies z.ZodType<GuestError>;

/** The agent answers, but not as it should. */
export const badAnswer = (what: string, cause?: unknown): VitrineError =>
  new VitrineError("guest_unreachable", { reason: `what it answered is not valid: ${what}` }, { cause });

export const parseAnswer = <T>(schema: z.ZodType<T>, json: string, what: string): T => {
  try {
    return schema.parse(JSON.parse(json));
  } catch (error) {
    throw badAnswer(what, error);
  }
};

/** The error that an error answer stands for. */
export const faultFrom = (json: string): VitrineError => {
  const { code, details } = parseAnswer(Fault, json, "an error");
  return new VitrineError(code, details);
};
