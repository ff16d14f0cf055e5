import type { RecordingStatus, StartRecording } from "../../contract/recordings.ts";
import type { ProcessIdentity } from "../process/identity.ts";

/** A moment that somebody gave a name. */
export interface Chapter {
  title: string;
  /** Milliseconds from the start of the recording. */
  at_ms: number;
}

/** Why a recording ended. */
export type EndReason =
  | "stopped"
  | "computer_stopped"
  | "max_duration"
  | "max_size"
  | "quota"
  | "disk_full"
  | "too_many_segments"
  | "failed";

/** A recording as the store keeps it. Times are ISO 8601. */
export interface RecordingRecord {
  id: string;
  /** These two stay when the computer is gone. */
  computer_id: string;
  computer_name: string;
  /** That of its computer. */
  key_id: string | null;
  status: RecordingStatus;
  /** 1 when `record_video` began it. */
  automatic: 0 | 1;
  spec: StartRecording;
  /** Of the video; even numbers. Null before the first frame. */
  width: number | null;
  height: number | null;
  started_at: string;
  ended_at: string | null;
  end_reason: EndReason | null;
  /** Null while it is recorded. */
  duration_ms: number | null;
  size_bytes: number;
  frames: number;
  /** Pictures that were not recorded because the encoder had not taken the one before. */
  dropped_frames: number;
  chapters: Chapter[];
  error: { code: string; message: string } | null;
  /** The encoder that may run. */
  encoder: ProcessIdentity | null;
}
