import { VitrineError } from "../../contract/errors.ts";
import type { ProcessRecord, ProcessSpec } from "../../contract/guest/protocol.ts";
import type { CreateTerminal, Terminal } from "../../contract/terminals.ts";
import { withDeadline } from "../deadline.ts";
import type { Guest } from "./guest.ts";

/** The guest's program that runs a command on a terminal (guest-image/rootfs/scratch): terminal COLUMNS ROWS COMMAND... */
export const TERMINAL_PROGRAM = "/opt/vitrine/bin/terminal";
const CALL_MS = 30_000;
/** Bytes of keys in one frame; the program takes 1 MiB. */
const KEYS_MOST = 32 * 1024;

/** What the terminal's program runs as: that it is one, and what it is for, is told by its arguments alone, so the guest keeps the only list of terminals. */
export const terminalSpec = ({ columns, rows, command, argv, cwd, env, user }: CreateTerminal): ProcessSpec => ({
  argv: [TERMINAL_PROGRAM, String(columns), String(rows), ...(argv ?? (command === undefined ? ["bash", "-l"] : ["bash", "-lc", command]))],
  env: { TERM: "xterm-256color", ...env },
  user,
  ...(cwd !== undefined && { cwd }),
});

/** A process as a terminal; null when it is none. A pid may come again, and so the id has the start, too. */
export const terminalOf = ({ pid, command, user, started_at }: ProcessRecord): Terminal | null => {
  const [program, columns, rows, ...words] = command.split(" ");
  if (program !== TERMINAL_PROGRAM || columns === undefined || rows === undefined) return null;
  return { terminal_id: `trm_${pid}_${Date.parse(started_at).toString(36)}`, command: words.join(" "), user, started_at };
};

/** The process of a terminal, which runs or is remembered. Errors: terminal_not_found. */
export const findTerminal = async (guest: Guest, id: string, signal: AbortSignal): Promise<ProcessRecord> => {
  const pid = Number(id.split("_")[1]);
  try {
    const found = await withDeadline("The terminal's state", CALL_MS, signal, (within) => guest.getProcess(pid, within));
    if (terminalOf(found)?.terminal_id === id) return found;
  } catch (error) {
    if (!(error instanceof VitrineError && error.code === "process_not_found")) throw error;
  }
  throw new VitrineError("terminal_not_found", { id });
};

const frame = (kind: 0 | 1, payload: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt8(kind);
  head.writeUInt32BE(payload.length, 1);
  return Buffer.concat([head, payload]);
};

/** Keys as the program reads them. */
export const keyFrames = (keys: Buffer): Buffer => {
  const frames: Buffer[] = [];
  for (let at = 0; at < keys.length; at += KEYS_MOST) frames.push(frame(0, keys.subarray(at, at + KEYS_MOST)));
  return Buffer.concat(frames);
};

/** A new size as the program reads it. */
export const sizeFrame = (columns: number, rows: number): Buffer => {
  const payload = Buffer.alloc(4);
  payload.writeUInt16BE(columns, 0);
  payload.writeUInt16BE(rows, 2);
  return frame(1, payload);
};
