import { z } from "zod";
import { GuestPath, GuestUser } from "../../../contract/exec.ts";
import { which } from "../session.ts";
import { DESTROYS, outside, text, tool } from "../tool.ts";

/** Characters of stdout, and of stderr, that a model gets. */
export const MAX_OUTPUT = 30_000;

/** Both ends of a long text: what went wrong is at one of them. */
export const bothEnds = (text: string, limit = MAX_OUTPUT): string => {
  if (text.length <= limit) return text;
  const half = Math.floor(limit / 2);
  const whole = `${text.slice(0, half)}\n[${text.length - 2 * half} characters left out]\n${text.slice(-half)}`;
  return whole.toWellFormed();
};

const stream = (name: string, output: string) => (output === "" ? [] : [text(`${name}:\n${bothEnds(output)}`)]);

export const exec = tool(
  "exec",
  {
    title: "Run a command",
    description: `Runs a command with bash in a computer, waits for its end, and gives exit code, stdout and stderr. Of each the two ends are given, ${MAX_OUTPUT} characters in all. What runs for long or as a server: start it in the background, with its output in a file (nohup ... > log 2>&1 &).`,
    inputSchema: z.object({
      ...which,
      command: z.string().min(1).max(131072).describe("Given to bash -lc"),
      cwd: GuestPath.optional().describe("Absolute path of the folder to run it in; the user's home when left out"),
      user: GuestUser.default("ohm").describe("ohm, who may use sudo, or root"),
      timeout_s: z.number().min(0.1).max(86400).default(30).describe("Killed after this many seconds"),
    }),
    annotations: outside(DESTROYS),
  },
  async ({ computer, command, ...options }, { session, signal }) => {
    const result = await (await session.computer(computer, signal)).exec(command, { ...options, signal });
    const ended = result.timed_out
      ? `Killed after ${options.timeout_s} s.`
      : result.exit_code === null
        ? `Ended by signal ${result.signal}.`
        : `Exit code ${result.exit_code}.`;
    const dropped = result.truncated ? " It wrote more than is kept; the rest is lost." : "";
    return [text(ended + dropped), ...stream("stdout", result.stdout), ...stream("stderr", result.stderr)];
  },
);
