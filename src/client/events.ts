import type { Event, EventType } from "../contract/events.ts";
import type { CallOptions } from "./deadline.ts";
import { ConnectionError } from "./errors.ts";
import { serverEvents } from "./sse.ts";
import type { Transport } from "./transport.ts";

/** Which events. */
export interface EventOptions extends CallOptions {
  /** Only events after the one with this id; `latest`: only those to come. */
  after?: number | "latest";
  /** Only these types. */
  types?: readonly EventType[];
}
/** Which events, and how many of them at once. */
export type EventListOptions = EventOptions & { limit?: number };
/** A part of the events, oldest first. */
export interface EventPage {
  data: Event[];
  /** What `after` takes for the next page; null on the last one. */
  next_cursor: string | null;
}

const queryOf = ({ after, types }: EventOptions) => ({ after, type: types?.join(",") });

/** The path of a computer's events, by its id or name; without one, of all. */
export const eventsPath = (computer?: string): string =>
  computer === undefined ? "/v1/events" : `/v1/computers/${encodeURIComponent(computer)}/events`;

/**
 * What is kept, then each event as it happens. Ends after the last event of a computer that is deleted. Throws ConnectionError when the connection
 * is lost: `after` with the last id goes on from there.
 */
export async function* followEvents(transport: Transport, path: string, options: EventOptions = {}): AsyncGenerator<Event> {
  const { signal, timeoutMs } = options;
  const headers = { accept: "text/event-stream" };
  const body = await transport.stream({ signal, timeoutMs, method: "GET", path, query: queryOf(options), headers });
  for await (const { event, data } of serverEvents(body)) {
    if (event === "end") return;
    yield JSON.parse(data) as Event;
  }
  throw new ConnectionError(path, new Error("the service ended the stream"));
}

/** One page of what is kept, oldest first. */
export const listEvents = (transport: Transport, path: string, options: EventListOptions = {}): Promise<EventPage> => {
  const { signal, timeoutMs, limit } = options;
  return transport.json({ signal, timeoutMs, method: "GET", path, query: { ...queryOf(options), limit } });
};
