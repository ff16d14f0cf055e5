import { type Signal, signal } from "@preact/signals";
import type { Recording } from "../../contract/recordings.ts";

/** The recording that a computer's page plays, and where it is. */
export interface Playback {
  /** Null: none is open. */
  recording: Signal<Recording | null>;
  /** The video's time. */
  seconds: Signal<number>;
  /** What plays it. */
  video: { current: HTMLVideoElement | null };
  open(recording: Recording): void;
  close(): void;
  /** Goes to a time of the video. */
  seek(seconds: number): void;
}

export const createPlayback = (): Playback => {
  const playback: Playback = {
    recording: signal(null),
    seconds: signal(0),
    video: { current: null },
    open: (recording) => {
      playback.seconds.value = 0;
      playback.recording.value = recording;
    },
    close: () => {
      playback.recording.value = null;
    },
    seek: (seconds) => {
      if (playback.video.current) playback.video.current.currentTime = seconds;
    },
  };
  return playback;
};
