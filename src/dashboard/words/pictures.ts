import type { Event } from "../../contract/events.ts";

/** The pictures of what actions left, by the ids of their events: of several actions with one picture, the last has it. */
export const picturesOf = (events: readonly Event[]): ReadonlyMap<number, string> => {
  const last = new Map<string, number>();
  for (const { id, data } of events) if (typeof data.picture_id === "string") last.set(data.picture_id, id);
  return new Map([...last].map(([picture, event]) => [event, picture]));
};
