import { VitrineError } from "../../contract/errors.ts";
import { withDeadline } from "../deadline.ts";
import { findTerminal, terminalOf, terminalSpec } from "../guest/terminals.ts";
import type { Context } from "./context.ts";
import { programOf } from "./exec-events.ts";
import { makeLink } from "./links.ts";
import type { Handlers } from "./operate.ts";

const CALL_MS = 30_000;
/** Seconds that the link of a new terminal is good for. */
const LINK_S = 3600;

export const terminalHandlers = (context: Context): Pick<Handlers, "createTerminal" | "listTerminals" | "deleteTerminal"> => ({
  createTerminal: async ({ params, computers, body, request, actor, signal }) => {
    const { record, live } = computers.running(params.id, "a terminal");
    const start = (within: AbortSignal) => live.guest.startProcess(terminalSpec(body), within);
    const process = await withDeadline("The start of the terminal", CALL_MS, signal, start);
    const terminal = terminalOf(process);
    if (!terminal) throw new VitrineError("guest_unreachable", { reason: "it says that it has started something else" });
    const data = { pid: process.pid, program: programOf(body), user: body.user };
    context.emit({ type: "process.started", computer_id: record.id, actor, data });
    const wanted = { power: "terminal", terminal_id: terminal.terminal_id, one_time: false, ttl_s: LINK_S } as const;
    const { link_id, ws_url, token, expires_at } = makeLink(context, request, record, wanted, actor);
    return { ...terminal, link_id, ws_url: ws_url!, token, expires_at };
  },
  listTerminals: async ({ params, computers, signal }) => {
    const { live } = computers.running(params.id, "a terminal");
    const all = await withDeadline("The list of terminals", CALL_MS, signal, (within) => live.guest.listProcesses(within));
    const data = all
      .filter(({ running }) => running)
      .map(terminalOf)
      .filter((terminal) => terminal !== null);
    return { data, next_cursor: null };
  },
  deleteTerminal: async ({ params, computers, actor, signal }) => {
    const { record, live } = computers.running(params.id, "a terminal");
    const { pid, running } = await findTerminal(live.guest, params.terminal_id, signal);
    if (!running) return;
    await withDeadline("The end of the terminal", CALL_MS, signal, (within) => live.guest.signalProcess(pid, "HUP", within));
    context.emit({ type: "process.signalled", computer_id: record.id, actor, data: { pid, signal: "HUP" } });
  },
});
