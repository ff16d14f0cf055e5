import { z } from "zod";
import { GuestPath, GuestUser } from "../../../contract/exec.ts";
import { MAX_OUTPUT, reportOn } from "../../shared/report.ts";
import { which } from "../session.ts";
import { DESTROYS, outside, text, tool } from "../tool.ts";

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
    return reportOn(result, options.timeout_s).map(text);
  },
);
