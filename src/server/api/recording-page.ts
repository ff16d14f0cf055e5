import type { z } from "zod";
import type { Recording } from "../../contract/recordings.ts";

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);

const clock = (seconds: number): string => {
  const whole = Math.floor(seconds);
  const [minutes, rest] = [Math.floor(whole / 60), String(whole % 60).padStart(2, "0")];
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
};

const STATES: Readonly<Record<string, string>> = {
  recording: "It is being recorded. The video appears here when the recording has ended.",
  finalizing: "The video is being made. It appears here in a moment.",
};

const chaptersOf = (recording: z.input<typeof Recording>): string => {
  if (recording.chapters.length === 0) return "";
  const items = recording.chapters.map(
    ({ title, at_s }) => `<li><button type="button" data-at="${at_s}"><time>${clock(at_s)}</time> ${escaped(title)}</button></li>`,
  );
  return `<nav aria-labelledby="chapters"><h2 id="chapters">Chapters</h2><ol>${items.join("")}</ol></nav>`;
};

const pathOf = (url: string): string => escaped(new URL(url).pathname + new URL(url).search);

/** A page with a recording and its chapters. It loads nothing but this service's own files, and looks again by itself until the video is there. */
export const recordingPage = (recording: z.input<typeof Recording>, urls: { video_url: string; poster_url: string }): string => {
  const name = escaped(recording.computer_name);
  const waiting = STATES[recording.status];
  const body =
    recording.status === "ready"
      ? `<video controls playsinline preload="metadata" poster="${pathOf(urls.poster_url)}" src="${pathOf(urls.video_url)}"></video>`
      : `<p role="status">${escaped(waiting ?? recording.error?.message ?? "There is no video.")}</p>`;
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <meta name="color-scheme" content="dark">
    ${waiting ? '<meta http-equiv="refresh" content="5">' : ""}
    <title>${name} · Vitrine</title>
    <link rel="icon" href="/assets/live/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/assets/video/video.css">
    <script type="module" src="/assets/video/video.js"></script>
  </head>
  <body>
    <header><h1>${name}</h1><p>${escaped(recording.started_at)} · ${clock(recording.duration_s)}</p></header>
    <main>
      ${body}
      ${chaptersOf(recording)}
    </main>
  </body>
</html>
`;
};
