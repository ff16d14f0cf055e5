import type { Chapter } from "./record.ts";

/** ffmetadata knows these by a backslash before them. */
const escaped = (text: string): string => text.replace(/[=;#\\\n]/g, "\\$&");

/** A video's first chapter begins with the video: where ffmpeg finds none there, it moves the first one to the beginning. */
const START = "Start";

/**
 * The chapters of a video as ffmpeg reads them. Each lasts until the next; the video begins `offsetMs` after the recording and is `lengthMs` long. Two
 * at the same moment are put a millisecond apart, since a chapter must have some length.
 */
export const chaptersFile = (marks: readonly Chapter[], offsetMs: number, lengthMs: number): string => {
  const isLate = marks[0] !== undefined && Math.round(marks[0].at_ms) > offsetMs;
  const chapters = isLate ? [{ title: START, at_ms: offsetMs }, ...marks] : marks;
  const last = Math.max(0, lengthMs - chapters.length);
  let free = 0;
  const starts = chapters.map(({ at_ms }, i) => {
    const start = Math.max(free, Math.min(Math.max(0, Math.round(at_ms) - offsetMs), last + i));
    free = start + 1;
    return start;
  });
  const blocks = chapters.map(
    ({ title }, i) =>
      `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${starts[i]}\nEND=${starts[i + 1] ?? Math.max(lengthMs, (starts[i] as number) + 1)}\ntitle=${escaped(title)}\n`,
  );
  return `;FFMETADATA1\n${blocks.join("")}`;
};
