import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import type { Recording } from "../../contract/recordings.ts";
import { recordingToken } from "../auth/recording-token.ts";
import type { RecordingRecord } from "../recordings/record.ts";
import type { Context } from "./context.ts";
import { httpBase, recordingPagePath, recordingPath } from "./urls.ts";

const seconds = (ms: number): number => Math.round(ms) / 1000;

/** The URLs that open one recording without an API key. */
export const recordingUrls = ({ sign, keys }: Context, request: IncomingMessage, { id, computer_id, key_id }: RecordingRecord) => {
  const query = `?token=${recordingToken(sign, id, keys.isOver(key_id))}`;
  const base = httpBase(request);
  return {
    video_url: `${base}${recordingPath(computer_id, id)}/video${query}`,
    page_url: `${base}${recordingPagePath(id)}${query}`,
    poster_url: `${base}${recordingPath(computer_id, id)}/poster${query}`,
  };
};

/** A recording as the API shows it. */
export const recordingViewOf = (context: Context, request: IncomingMessage, record: RecordingRecord): z.input<typeof Recording> => {
  const { spec } = record;
  const soFar = Date.parse(record.ended_at ?? new Date().toISOString()) - Date.parse(record.started_at);
  const expires = context.recordings.expiresAt(record);
  return {
    id: record.id,
    computer_id: record.computer_id,
    computer_name: record.computer_name,
    status: record.status,
    started_at: record.started_at,
    ended_at: record.ended_at,
    end_reason: record.end_reason,
    duration_s: seconds(record.duration_ms ?? Math.max(0, soFar)),
    size_bytes: record.size_bytes,
    frames: record.frames,
    dropped_frames: record.dropped_frames,
    width: record.width,
    height: record.height,
    fps: spec.fps,
    max_duration_s: spec.max_duration_s,
    max_size_mb: spec.max_size_mb,
    automatic: record.automatic === 1,
    chapters: record.chapters.map(({ title, at_ms }) => ({ title, at_s: seconds(at_ms) })),
    ...recordingUrls(context, request, record),
    expires_at: expires === null ? null : new Date(expires).toISOString(),
    error: record.error,
  };
};
