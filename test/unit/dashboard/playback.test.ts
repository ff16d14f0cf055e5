import { expect, test } from "vitest";
import type { Event } from "../../../src/contract/events.ts";
import { picturesOf } from "../../../src/dashboard/words/pictures.ts";
import { chapterAt, eventAt, placeOf } from "../../../src/dashboard/words/playback.ts";

const recording = { started_at: "2026-01-01T10:00:00.000Z", duration_s: 60 };
const event = (id: number, seconds: number, data: Event["data"] = {}) =>
  ({ id, at: new Date(Date.parse(recording.started_at) + seconds * 1000).toISOString(), type: "action", data }) as Event;

test("an event is in the video where it is in time, unless it was before or after", () => {
  expect([-0.001, 0, 1.5, 60, 60.001].map((seconds) => placeOf(recording, event(1, seconds)))).toEqual([null, 0, 1.5, 60, null]);
});

const events = [event(1, -5), event(2, 1), event(3, 1), event(5, 1.02), event(8, 30), event(9, 59), event(10, 61)];

test.each([
  [0, null],
  [0.9, null],
  [1, 3],
  // A video that was sent to a place says that it is a trifle before it.
  [0.999_999, 3],
  [1.019_999, 5],
  [29.9, 5],
  [30, 8],
  [59.5, 9],
  [60, 9],
] as const)("at %d s of the video the event is %s", (seconds, id) => {
  expect(eventAt(events, recording, seconds)).toBe(id);
});

test("each event that is gone to is the one that is marked, and a video without events marks none", () => {
  for (const one of events.filter(({ id }) => id !== 2 && placeOf(recording, event(id, 0)) !== null)) {
    const place = placeOf(recording, one);
    if (place !== null) expect(eventAt(events, recording, place)).toBe(one.id);
  }
  expect(eventAt([], recording, 30)).toBeNull();
  expect(eventAt([event(1, 70)], recording, 80)).toBeNull();
});

test("the chapter at a time", () => {
  const chapters = [0.5, 2, 7].map((at_s) => ({ title: "", at_s }));
  expect([0, 0.5, 1.999, 2, 100].map((seconds) => chapterAt({ chapters }, seconds))).toEqual([-1, 0, 1, 1, 2]);
  expect(chapterAt({ chapters: [] }, 1)).toBe(-1);
});

test("of actions with one picture the last has it", () => {
  const told = [
    event(1, 0, { picture_id: "pic_a" }),
    event(2, 0),
    event(3, 0, { picture_id: "pic_a" }),
    event(4, 0, { picture_id: "pic_b" }),
  ];
  expect([...picturesOf(told)]).toEqual([
    [3, "pic_a"],
    [4, "pic_b"],
  ]);
});
