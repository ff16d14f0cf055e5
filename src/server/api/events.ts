import { VitrineError } from "../../contract/errors.ts";
import type { EventsQuery } from "../../contract/routes/events.ts";
import { ownerOf } from "../auth/caller.ts";
import type { EventFilter } from "../store/events.ts";
import type { Context } from "./context.ts";
import type { Call, Handlers } from "./operate.ts";
import { openSse } from "./sse.ts";

/** A follower that takes nothing for so long is cut off; it can come again with its Last-Event-ID. */
const STALL_MS = 30_000;

type EventsCall = Pick<Call, "caller" | "request" | "response" | "signal"> & { query: EventsQuery };

export const eventHandlers = ({ timeline }: Context): Pick<Handlers, "listEvents" | "listComputerEvents"> => {
  const idOf = (text: string | undefined): number => (text === "latest" ? timeline.lastId() : Number(text ?? 0));

  const page = ({ query: { after, limit } }: EventsCall, filter: EventFilter) => {
    const found = timeline.read({ ...filter, after: idOf(after), limit: limit + 1 });
    const data = found.slice(0, limit);
    return { data, next_cursor: found.length > limit ? String(data.at(-1)?.id) : null };
  };

  const stream = async ({ query, request, response, signal }: EventsCall, filter: EventFilter, isOver?: () => boolean): Promise<void> => {
    // A browser that comes again asks with the query of its first time.
    const last = request.get("Last-Event-ID");
    if (last && !/^\d{1,15}$/.test(last)) throw new VitrineError("invalid_request", { reason: "Last-Event-ID: give the id of an event" });
    const after = idOf(last || query.after);
    const sse = openSse(response, { stallMs: STALL_MS });
    sse.mark(after);
    try {
      for await (const event of timeline.follow(filter, after, { signal, ...(isOver && { isOver }) })) {
        await sse.send(event.type, event, event.id);
      }
      if (isOver?.()) await sse.send("end", {});
    } catch (error) {
      // It has left, or was cut off.
      if (!signal.aborted) throw error;
    } finally {
      sse.end();
    }
  };

  const answer = (call: EventsCall, computerId?: string, isOver?: () => boolean) => {
    const filter = { computerId, types: call.query.type, keyId: ownerOf(call.caller) };
    const wantsStream = call.request.accepts(["json", "text/event-stream"]) === "text/event-stream";
    return wantsStream ? stream(call, filter, isOver) : page(call, filter);
  };

  return {
    listEvents: (call) => answer(call),
    listComputerEvents: (call) => {
      const { params, computers, caller } = call;
      const { id } = params;
      // Whose a computer was that is forgotten, nobody knows any more.
      const computerId = computers.find(id)?.id ?? (caller.key === null && timeline.knows(id) ? id : null);
      if (computerId === null) throw new VitrineError("computer_not_found", { id });
      return answer(call, computerId, () => (computers.find(computerId)?.status ?? "deleted") === "deleted");
    },
  };
};
