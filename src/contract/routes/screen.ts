import { z } from "zod";
import { ActionsAnswer, PerformActions } from "../actions.ts";
import { Control, TakeControl } from "../control.ts";
import { MAX_ACTION_PICTURES } from "../events.ts";
import { MarkRecording, Recording, StartRecording } from "../recordings.ts";
import type { Media, Route } from "../route.ts";
import { ScreenshotQuery } from "../screenshot.ts";
import { list, onGuest } from "./shared.ts";

const video: Media = { media: "video/mp4", description: "The video; it can be played while it is being fetched" };
const onRecordings = ["recording_not_found"] as const;

/** The screen: pictures, recordings, actions, and who drives. */
export const screen = {
  screenshot: {
    method: "get",
    path: "/v1/computers/{id}/screenshot",
    summary: "The screen as an image; its hash is the ETag, and 304 is the answer to who has that picture (if_changed or If-None-Match)",
    query: ScreenshotQuery,
    status: 200,
    answer: { media: "image/*", description: "PNG, JPEG or WebP; X-Screen-Width and X-Screen-Height are its size" },
    errors: [...onGuest, "no_display", "display_unavailable"],
    lane: "screen",
    audited: true,
  },
  startRecording: {
    method: "post",
    path: "/v1/computers/{id}/recordings",
    summary: "Record the screen; answers with the first picture taken",
    body: StartRecording,
    status: 201,
    answer: Recording,
    errors: [
      "computer_not_found",
      "wrong_state",
      "no_display",
      "display_unavailable",
      "capacity_exceeded",
      "host_disk_low",
      "quota_exceeded",
      "recording_failed",
      "timeout",
    ],
  },
  listRecordings: {
    method: "get",
    path: "/v1/computers/{id}/recordings",
    summary: "A computer's recordings, newest first; also of one that was deleted",
    status: 200,
    answer: list(Recording),
    errors: ["computer_not_found"],
  },
  getRecording: {
    method: "get",
    path: "/v1/computers/{id}/recordings/{rid}",
    summary: "One recording",
    status: 200,
    answer: Recording,
    errors: onRecordings,
  },
  deleteRecording: {
    method: "delete",
    path: "/v1/computers/{id}/recordings/{rid}",
    summary: "Delete a recording, whatever it is doing; repeating it is a success",
    status: 204,
    errors: ["computer_not_found", ...onRecordings],
  },
  stopRecording: {
    method: "post",
    path: "/v1/computers/{id}/recordings/{rid}/stop",
    summary: "Stop recording; answers when the video is ready. Repeating it is a success",
    status: 200,
    answer: Recording,
    errors: onRecordings,
  },
  markRecording: {
    method: "post",
    path: "/v1/computers/{id}/recordings/{rid}/mark",
    summary: "Begin a chapter at this moment",
    body: MarkRecording,
    status: 200,
    answer: Recording,
    errors: [...onRecordings, "recording_ended"],
  },
  recordingVideo: {
    method: "get",
    path: "/v1/computers/{id}/recordings/{rid}/video",
    summary: "The video; Range is honoured. The API key opens it, or the token in video_url",
    query: z.strictObject({ token: z.string().min(1).max(512).optional() }),
    status: 200,
    answer: video,
    errors: [...onRecordings, "recording_not_ready", "recording_failed", "range_not_satisfiable", "link_invalid"],
    auth: "link",
    audited: true,
  },
  recordingPoster: {
    method: "get",
    path: "/v1/computers/{id}/recordings/{rid}/poster",
    summary: "A picture from the middle of the video",
    query: z.strictObject({ token: z.string().min(1).max(512).optional() }),
    status: 200,
    answer: { media: "image/jpeg", description: "The picture" },
    errors: [...onRecordings, "recording_not_ready", "recording_failed", "link_invalid"],
    auth: "link",
    audited: true,
  },
  actions: {
    method: "post",
    path: "/v1/computers/{id}/actions",
    summary: "Use the computer: a batch of actions that stops at its first failure; with a dialect, a model's call as it came",
    body: PerformActions,
    status: 200,
    answer: z.union([ActionsAnswer, z.unknown()]),
    errors: [...onGuest, "no_display", "display_unavailable", "unsupported_option", "controlled"],
    lane: "screen",
  },
  actionPicture: {
    method: "get",
    path: "/v1/computers/{id}/pictures/{picture_id}",
    summary: `The screen as an action left it, small, by the picture_id of its event; waits for one that is being taken. The latest ${MAX_ACTION_PICTURES} are kept`,
    status: 200,
    answer: { media: "image/webp", description: "At most 320 pixels wide" },
    errors: ["computer_not_found", "picture_not_found"],
  },
  getControl: {
    method: "get",
    path: "/v1/computers/{id}/control",
    summary: "Who drives the computer",
    status: 200,
    answer: Control,
    errors: ["computer_not_found"],
  },
  takeControl: {
    method: "post",
    path: "/v1/computers/{id}/control",
    summary: "Drive the computer: a person takes it from anyone, an agent from nobody but itself",
    body: TakeControl,
    status: 200,
    answer: Control,
    errors: ["computer_not_found", "wrong_state", "no_display", "controlled"],
  },
  releaseControl: {
    method: "delete",
    path: "/v1/computers/{id}/control",
    summary: "Let go of the computer, whoever drives; repeating it is a success",
    status: 200,
    answer: Control,
    errors: ["computer_not_found"],
  },
} as const satisfies Record<string, Route>;
