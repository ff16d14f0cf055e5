import type { Context } from "./context.ts";
import { recordingViewOf } from "./recording-view.ts";
import type { Handlers } from "./route.ts";

type Names = "startRecording" | "listRecordings" | "getRecording" | "deleteRecording" | "stopRecording" | "markRecording";

/** Recordings, by the API key. The video, the poster and the page, which a token opens too, are in recording-media.ts. */
export const recordingHandlers = (context: Context): Pick<Handlers, Names> => {
  const { computers, recordings } = context;
  return {
    startRecording: async ({ params, body, request, signal }) => {
      const { record } = computers.running(params.id, "recording");
      return recordingViewOf(context, request, await recordings.start(record, body, signal));
    },
    listRecordings: ({ params, request }) => ({
      data: recordings.list(params.id).map((record) => recordingViewOf(context, request, record)),
      next_cursor: null,
    }),
    getRecording: ({ params, request }) => recordingViewOf(context, request, recordings.ofComputer(params.id, params.rid)),
    deleteRecording: async ({ params }) => {
      if (recordings.exists(params.rid)) await recordings.remove(recordings.ofComputer(params.id, params.rid).id);
      else recordings.list(params.id);
    },
    stopRecording: async ({ params, request }) =>
      recordingViewOf(context, request, await recordings.stop(recordings.ofComputer(params.id, params.rid).id)),
    markRecording: ({ params, body, request }) =>
      recordingViewOf(context, request, recordings.markOne(recordings.ofComputer(params.id, params.rid).id, body.title)),
  };
};
