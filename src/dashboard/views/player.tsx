import { useComputed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Recording } from "../../contract/recordings.ts";
import type { Playback } from "../state/playback.ts";
import { chapterAt } from "../words/playback.ts";
import { moment, position } from "../words/time.ts";

/** Plays a recording; the focus goes to it, and back to where it was when it is closed. */
export const Player = ({ recording, playback }: { recording: Recording; playback: Playback }) => {
  const current = useComputed(() => chapterAt(recording, playback.seconds.value));
  useEffect(() => {
    const before = document.activeElement;
    playback.video.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const seek = (seconds: number) => {
    playback.seek(seconds);
    playback.video.current?.focus();
  };
  const base = `/v1/computers/${recording.computer_id}/recordings/${recording.id}`;
  return (
    <section class="player" aria-label="Recording">
      <div class="row">
        <h2>Recording of {moment(recording.started_at)}</h2>
        <span class="gap" />
        <button type="button" onClick={playback.close}>
          Close the recording
        </button>
      </div>
      {/* biome-ignore lint/a11y/useMediaCaption: a screen has no speech. */}
      <video
        ref={playback.video}
        controls
        playsInline
        preload="metadata"
        aria-label={`Recording of ${recording.computer_name}`}
        poster={`${base}/poster`}
        src={`${base}/video`}
        onTimeUpdate={({ currentTarget }) => {
          playback.seconds.value = currentTarget.currentTime;
        }}
      />
      {recording.chapters.length > 0 && (
        <ol class="chapters" aria-label="Chapters">
          {recording.chapters.map(({ title, at_s }, index) => (
            <li key={`${at_s} ${title}`}>
              <button type="button" aria-current={index === current.value ? "step" : undefined} onClick={() => seek(at_s)}>
                <span class="quiet">{position(at_s)}</span> {title}
              </button>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
};
