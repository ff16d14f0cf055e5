import type { Context } from "./context.ts";
import type { Handlers } from "./operate.ts";
import { recordingViewOf } from "./recording-view.ts";

type Names = "startRecording" | "listRecordings" | "getRecording" | "deleteRecording" | "stopRecording" | "markRecording";

/** Recordings, by an API key. The video, the poster and the page, which a token opens too, are in recording-media.ts. */
export const recordingHandlers = (context: Context): Pick<Handlers, Names> => {
  return {
    startRecording: async ({ params, computers, recordings, body, request, signal }) => {
      const { record } = computers.running(params.id, "recording");
      return recordingViewOf(context, request, await recordings.start(record, body, signal));
    },
    listRecordings: ({ params, recordings, request }) => ({
      data: recordings.list(params.id).map((record) => recordingViewOf(context, request, record)),
      next_cursor: null,
    }),
    getRecording: ({ params, recordings, request }) => recordingViewOf(context, request, recordings.ofComputer(params.id, params.rid)),
    deleteRecording: async ({ params, recordings }) => {
      if (recordings.find(params.rid)) await recordings.remove(recordings.ofComputer(params.id, params.rid).id);
      else recordings.list(params.id);
    },
    stopRecording: async ({ params, recordings, request }) =>
      recordingViewOf(context, request, await recordings.stop(recordings.ofComputer(params.id, params.rid).id)),
    markRecording: ({ params, recordings, body, request }) =>
      recordingViewOf(context, request, recordings.markOne(recordings.ofComputer(params.id, params.rid).id, body.title)),
  };
};
