import type { Event } from "../../contract/events.ts";
import type { Recording } from "../../contract/recordings.ts";

/** What a video says of its own time, after it was sent somewhere, is less by no more than this. Seconds. */
const SLACK_S = 0.005;

/** Where in the video an event is, in seconds: a video's time is what has passed since its recording began, however still the screen was. */
const secondsOf = ({ started_at }: Pick<Recording, "started_at">, { at }: Pick<Event, "at">): number =>
  (Date.parse(at) - Date.parse(started_at)) / 1000;

/** The same; null when it happened before the recording or after it. */
export const placeOf = (recording: Pick<Recording, "started_at" | "duration_s">, event: Pick<Event, "at">): number | null => {
  const seconds = secondsOf(recording, event);
  return seconds >= 0 && seconds <= recording.duration_s ? seconds : null;
};

/** The id of the event, of these, oldest first, that was the last one at a time of the video; null before the first that it shows. */
export const eventAt = (
  events: readonly Pick<Event, "id" | "at">[],
  recording: Pick<Recording, "started_at" | "duration_s">,
  seconds: number,
): number | null => {
  const event = events.findLast((one) => secondsOf(recording, one) <= seconds + SLACK_S);
  return event && placeOf(recording, event) !== null ? event.id : null;
};

/** The chapter that is being shown at a time of the video; -1 before the first. */
export const chapterAt = ({ chapters }: Pick<Recording, "chapters">, seconds: number): number =>
  chapters.findLastIndex(({ at_s }) => at_s <= seconds + SLACK_S);
