import { z } from "zod";
import { Event, EventTypes } from "../events.ts";
import type { Media, Route } from "../route.ts";
import { list } from "./shared.ts";

const stream: Media = {
  media: "text/event-stream",
  description:
    "What is kept, then each event as it happens: its id, its type as the event's name, and the Event as JSON. Last-Event-ID goes on after that one; `end` says that no more will come",
};

const EventsQuery = z.strictObject({
  after: z
    .string()
    .regex(/^(latest|\d{1,15})$/, "give the id of an event, or latest")
    .optional()
    .describe("Only events after the one with this id; `latest`: only those to come"),
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe("Of a list; a stream has none"),
  type: z
    .string()
    .max(1000)
    .transform((text) => text.split(","))
    .pipe(z.array(z.enum(EventTypes)))
    .optional()
    .describe("Only these types, separated by commas"),
});
export type EventsQuery = z.output<typeof EventsQuery>;

/** What happened. */
export const events = {
  listEvents: {
    method: "get",
    path: "/v1/events",
    summary: "What happened to every computer and to the service, oldest first; as it happens with Accept: text/event-stream",
    query: EventsQuery,
    status: 200,
    answer: list(Event),
    stream,
  },
  listComputerEvents: {
    method: "get",
    path: "/v1/computers/{id}/events",
    summary: "What happened to a computer, oldest first, also to a deleted one by its id; as it happens with Accept: text/event-stream",
    query: EventsQuery,
    status: 200,
    answer: list(Event),
    stream,
    errors: ["computer_not_found"],
  },
} as const satisfies Record<string, Route>;
