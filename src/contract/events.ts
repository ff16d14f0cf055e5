import { z } from "zod";

/** What happens to a computer, or to the service: type -> what it says and what its `data` holds. The one registry of the timeline. */
export const EVENTS = {
  "computer.status":
    "The computer's status changed: {status, previous, name? and template? of a new one, start_kind? of one that runs, reason? of a failure}",
  "egress.refused": "A connection or a DNS question was refused: {name, address, port, protocol, rule, reason}",
} as const satisfies Record<string, string>;
export type EventType = keyof typeof EVENTS;
export const EventTypes = Object.keys(EVENTS) as [EventType, ...EventType[]];

export const Event = z
  .object({
    id: z.int().describe("Grows with each event of the service; what Last-Event-ID takes"),
    at: z.iso.datetime(),
    type: z.enum(EventTypes),
    computer_id: z.string().nullable().describe("Null: an event of the service itself"),
    actor: z.string().nullable().describe("Who did it: a key's or a link's id; null when nobody asked"),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "Event" });
export type Event = z.infer<typeof Event>;
