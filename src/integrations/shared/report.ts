import { constants } from "node:os";
import { ConnectionError, type ExecResult, VitrineError } from "../../client/index.ts";

/** Characters of stdout, and of stderr, that a model gets. */
export const MAX_OUTPUT = 30_000;

/** Both ends of a long text: what went wrong is at one of them. */
export const bothEnds = (text: string, limit = MAX_OUTPUT): string => {
  if (text.length <= limit) return text;
  const half = Math.floor(limit / 2);
  // No half of a character at either cut.
  const begin = text.slice(0, half).replace(/[\uD800-\uDBFF]$/, "");
  const end = text.slice(-half).replace(/^[\uDC00-\uDFFF]/, "");
  return `${begin}\n[${text.length - begin.length - end.length} characters left out]\n${end}`;
};

/** As `timeout` says it. */
const TIMED_OUT = 124;

/** One number for how a command ended, as a shell gives it. */
export const exitCodeOf = ({
  exit_code,
  signal,
  timed_out = false,
}: Pick<ExecResult, "exit_code" | "signal"> & { timed_out?: boolean }): number =>
  timed_out ? TIMED_OUT : (exit_code ?? 128 + (constants.signals[signal as NodeJS.Signals] ?? 0));

const DROPPED = "It wrote more than is kept; the rest is lost.";

/** What stdout, stderr and a number do not say of a command. */
export const remarkOn = ({ timed_out, truncated }: Pick<ExecResult, "timed_out" | "truncated">, timeout_s: number): string =>
  [...(timed_out ? [`Killed after ${timeout_s} s.`] : []), ...(truncated ? [DROPPED] : [])].join(" ");

const stream = (name: string, output: string) => (output === "" ? [] : [`${name}:\n${bothEnds(output)}`]);

/** A command's end for a model: how it ended, then what it wrote. */
export const reportOn = (result: ExecResult, timeout_s: number): string[] => {
  const { exit_code, signal, timed_out, stdout, stderr } = result;
  const ended = timed_out ? [] : [exit_code === null ? `Ended by signal ${signal}.` : `Exit code ${exit_code}.`];
  const remark = remarkOn(result, timeout_s);
  return [[...ended, ...(remark ? [remark] : [])].join(" "), ...stream("stdout", stdout), ...stream("stderr", stderr)];
};

/** A failure for a model, which may act on it. */
export const failureText = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof VitrineError ? error.code : error instanceof ConnectionError ? "connection_failed" : "failed";
  return `${code}: ${message}`;
};
