import { ToolError } from "@anthropic-ai/sdk/helpers/beta/toolsets";
import type { BetaRunnableTool } from "@anthropic-ai/sdk/lib/tools/BetaRunnableTool";
import type { BetaToolBash20250124 } from "@anthropic-ai/sdk/resources/beta";
import type { Computer } from "../../client/index.ts";
import { type CommandOptions, TIMEOUT_S } from "../shared/functions.ts";
import { bothEnds, remarkOn } from "../shared/report.ts";
import { type Done, Shell } from "./shell.ts";
import { told } from "./tools.ts";
import { inTurn } from "./turns.ts";

/** What the model gives: a command, or that the shell is to be started anew. */
export interface BashInput {
  command?: string;
  restart?: boolean;
}

export type BashTool = BetaRunnableTool<BashInput> & BetaToolBash20250124 & { close(): Promise<void> };

const parse = (content: unknown): BashInput => {
  const { command, restart } = content as Record<string, unknown>;
  if (typeof command !== "string" && restart !== true) throw new ToolError("Give a command, or restart.");
  return { ...(typeof command === "string" && { command }), restart: restart === true };
};

const lines = (...texts: string[]): string => texts.filter((text) => text !== "").join("\n");
const shown = (output: string): string => bothEnds(output.replace(/\n$/, ""));
const ANEW = "the next command has a new one";

const answerOf = ({ output, exit_code }: Done): string => {
  if (exit_code === undefined) return lines(shown(output), `The shell ended; ${ANEW}.`);
  return exit_code === 0 && output !== "" ? shown(output) : lines(shown(output), `Exit code ${exit_code}.`);
};

/**
 * Anthropic's bash_20250124 in a computer: one shell for all commands, which begins with the first. A command has `timeout_s` (120); one that takes longer is
 * killed, and the shell with it. `close()` ends the shell; else it ends with its computer.
 */
export const bashTool = (computer: Computer, { timeout_s = TIMEOUT_S, ...options }: CommandOptions = {}): BashTool => {
  const turn = inTurn();
  let shell: Shell | undefined;
  const close = async () => {
    const ending = shell;
    shell = undefined;
    await ending?.end();
  };
  const run = async ({ command, restart }: BashInput, signal: AbortSignal | null | undefined): Promise<string> => {
    signal?.throwIfAborted();
    const lost = !restart && shell?.over;
    if (restart || lost) await close();
    if (command === undefined) return "The shell was started anew.";
    shell ??= await Shell.start(computer, options);
    const used = shell;
    const timeout = AbortSignal.timeout(timeout_s * 1000);
    try {
      const done = await used.run(command, signal ? AbortSignal.any([signal, timeout]) : timeout);
      if (done.exit_code === undefined) shell = undefined;
      return lines(lost ? "The shell had ended; this is a new one." : "", answerOf(done));
    } catch (error) {
      await close();
      signal?.throwIfAborted();
      if (!timeout.aborted) throw error;
      const remark = `${remarkOn({ timed_out: true, truncated: false }, timeout_s)} The shell, too: ${ANEW}.`;
      throw new ToolError(lines(shown(used.take()), remark));
    }
  };
  return {
    type: "bash_20250124",
    name: "bash",
    parse,
    run: (input, { signal } = {} as never) => turn(() => run(input, signal)).catch(told(signal)),
    close,
  };
};
