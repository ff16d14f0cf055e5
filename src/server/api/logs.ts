import { VitrineError } from "../../contract/errors.ts";
import type { LogSource } from "../../contract/log-sources.ts";
import { withDeadline } from "../deadline.ts";
import type { Guest } from "../guest/guest.ts";
import { attachment } from "./attachment.ts";
import type { Context } from "./context.ts";
import type { Handlers } from "./operate.ts";

const CALL_MS = 10_000;
/** Where the guest's services write. The first of what Chromium says is beside the others' folder; what is full is set aside as @... */
const RUN_DIR = "/run/vitrine";
const NO_LOG = 4;
const TAIL = `[ -d "$1/log/$2.d" ] || exit ${NO_LOG}; cat "$1/$2.log" "$1/log/$2.d"/@* "$1/log/$2.d/current" 2>/dev/null | tail -c "$3"`;

const serviceLog = async (guest: Guest, source: LogSource, bytes: number, signal: AbortSignal): Promise<string> => {
  const argv = ["sh", "-c", TAIL, "log", RUN_DIR, source, String(bytes)];
  const spec = { argv, env: {}, user: "root", timeout_ms: CALL_MS, output_limit: bytes };
  const { exit_code, stdout } = await guest.exec(spec, signal);
  if (exit_code === NO_LOG) throw new VitrineError("file_not_found", { path: `the log of ${source}` });
  return stdout;
};

export const logHandlers = ({ computers: all }: Context): Pick<Handlers, "readLog"> => ({
  readLog: async ({ params, computers, query: { source, tail_bytes }, response, signal }) => {
    const read = async (within: AbortSignal): Promise<string> => {
      if (source !== "console") return serviceLog(computers.running(params.id, "logs").live.guest, source, tail_bytes, within);
      // One that is being started has a console, too.
      const { machine } = all.live(computers.get(params.id)) ?? computers.running(params.id, "logs").live;
      return Buffer.from(await machine.console())
        .subarray(-tail_bytes)
        .toString();
    };
    const text = await withDeadline("The log", CALL_MS, signal, read);
    attachment(response, "text/plain; charset=utf-8", `${source}.log`);
    response.end(text);
  },
});
