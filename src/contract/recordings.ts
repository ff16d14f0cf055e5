import { z } from "zod";

export const RECORDING_STATUSES = ["recording", "finalizing", "ready", "failed"] as const;
export const RecordingStatus = z.enum(RECORDING_STATUSES);
export type RecordingStatus = z.infer<typeof RecordingStatus>;

const limits = {
  fps: z.int().min(1).max(30).default(12).describe("At most this many frames a second; only changes are recorded"),
  max_duration_s: z.int().min(1).max(86400).default(86400),
};

/** What `record_video` of a new computer takes beside a boolean. */
export const RecordVideo = z.strictObject(limits);

export const StartRecording = z.strictObject({
  ...limits,
  max_size_mb: z.int().min(1).max(65536).default(2048),
});
export type StartRecording = z.infer<typeof StartRecording>;
export type StartRecordingInput = z.input<typeof StartRecording>;

export const MarkRecording = z.strictObject({
  title: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\x00-\x1f\x7f]*$/, "use one line without control characters"),
});

/** Marks that one recording takes. */
export const MAX_CHAPTERS = 1000;

export const Recording = z
  .object({
    id: z.string(),
    computer_id: z.string(),
    computer_name: z.string(),
    status: RecordingStatus,
    started_at: z.iso.datetime(),
    ended_at: z.iso.datetime().nullable(),
    end_reason: z
      .string()
      .nullable()
      .describe("stopped, computer_stopped, max_duration, max_size, quota, disk_full, too_many_segments or failed"),
    duration_s: z.number().describe("So far, while it is recorded"),
    size_bytes: z.int(),
    frames: z.int().describe("Pictures in the video; a screen that stands still adds one a second"),
    dropped_frames: z.int().describe("Changes that were too fast for the encoder"),
    width: z.int().nullable(),
    height: z.int().nullable(),
    fps: z.int(),
    max_duration_s: z.int(),
    max_size_mb: z.int(),
    automatic: z.boolean().describe("record_video began it"),
    chapters: z.array(z.object({ title: z.string(), at_s: z.number() })),
    video_url: z.string().describe("mp4, once it is ready; whoever has this URL sees this recording and nothing else"),
    page_url: z.string().describe("A page with the video and its chapters"),
    poster_url: z.string(),
    expires_at: z.iso.datetime().nullable().describe("When it is removed, unless the space is needed before"),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
  })
  .meta({ id: "Recording" });
export type Recording = z.infer<typeof Recording>;
