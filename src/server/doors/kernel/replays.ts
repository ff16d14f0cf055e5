import { z } from "zod";
import type { Recording } from "../../../contract/recordings.ts";
import { sendMedia } from "../../api/recording-media.ts";
import { audit } from "../../auth/audit.ts";
import { parse } from "../../parse.ts";
import { lacking } from "./lacking.ts";
import type { DoorCall, Verb } from "./verb.ts";

const Start = z.strictObject({
  framerate: z.number().nullish(),
  max_duration_in_seconds: z.number().nullish(),
  record_audio: lacking("record_audio", "the computer has no sound"),
});

const replayView = ({ id, started_at, ended_at, page_url }: z.input<typeof Recording>) => ({
  replay_id: id,
  started_at,
  finished_at: ended_at,
  replay_view_url: page_url,
});

const start = async ({ run, params, body }: DoorCall) => {
  const { framerate, max_duration_in_seconds } = parse(Start, body, "body");
  const limits = { ...(framerate && { fps: framerate }), ...(max_duration_in_seconds && { max_duration_s: max_duration_in_seconds }) };
  return replayView(await run("startRecording", { params, body: limits }));
};

const download = async ({ caller, context, params, request, response }: DoorCall): Promise<void> => {
  const recordings = context.recordings.of(caller);
  const { id, computer_id } = recordings.ofComputer(String(params.id), String(params.rid));
  audit(context.emit, caller, { action: "recordingVideo", computerId: computer_id, path: { rid: id } });
  const { dir, record, video } = recordings.files(id);
  await sendMedia(request, response, dir, video, record);
};

/** Replays: recordings of the screen. */
export const replayVerbs: readonly Verb[] = [
  { method: "post", path: "/:id/replays", status: 201, does: start },
  {
    method: "get",
    path: "/:id/replays",
    does: async ({ run, params }) => (await run("listRecordings", { params })).data.map(replayView),
  },
  { method: "post", path: "/:id/replays/:rid/stop", does: async ({ run, params }) => void (await run("stopRecording", { params })) },
  { method: "get", path: "/:id/replays/:rid", does: download },
];
