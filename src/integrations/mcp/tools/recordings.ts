import { z } from "zod";
import { type Recording, type Recordings, VitrineError } from "../../../client/index.ts";
import { StartRecording } from "../../../contract/recordings.ts";
import { type Session, which } from "../session.ts";
import { ACTS, json, LOOKS, tool } from "../tool.ts";

const told = ({ id, status, started_at, duration_s, size_bytes, page_url, video_url, error }: Recording): string =>
  json({ id, status, started_at, duration_s, size_bytes, ...(status === "ready" && { page_url, video_url }), ...(error && { error }) });

/** Recordings of a computer, also of a deleted one. */
const recordings = (session: Session, computer: string | undefined): Recordings => session.vitrine.recordings(session.idOf(computer));

const recording_id = z.string().max(64).optional().describe("The recording's id; the newest when left out");

/** The one that is meant, or the newest that will do. */
const idOf = async (of: Recordings, id: string | undefined, fits: (recording: Recording) => boolean, signal: AbortSignal) => {
  if (id !== undefined) return id;
  const found = (await of.list({ signal })).find(fits);
  if (!found) throw new VitrineError("invalid_request", { reason: "there is no such recording; begin one with recording_start" });
  return found.id;
};

const { fps, max_duration_s } = StartRecording.shape;

const start = tool(
  "recording_start",
  {
    title: "Record the screen",
    description: "Begins a video of a computer's screen.",
    inputSchema: z.object({ ...which, fps, max_duration_s: max_duration_s.describe("Ends by itself after this many seconds") }),
    annotations: ACTS,
  },
  async ({ computer, ...options }, { session, signal }) => told(await recordings(session, computer).start({ ...options, signal })),
);

const stop = tool(
  "recording_stop",
  {
    title: "End a recording",
    description: "Ends a recording and answers with its URLs when the video is ready. It outlives the computer.",
    inputSchema: z.object({ ...which, recording_id: recording_id.describe("The recording's id; the newest that runs when left out") }),
    annotations: ACTS,
  },
  async ({ computer, recording_id }, { session, signal }) => {
    const of = recordings(session, computer);
    return told(await of.stop(await idOf(of, recording_id, ({ status }) => status === "recording", signal), { signal }));
  },
);

const get = tool(
  "recording_get",
  {
    title: "Look at a recording",
    description:
      "Gives a recording's status and, once it is ready, page_url to watch it and video_url, an mp4. Whoever has these URLs sees the recording.",
    inputSchema: z.object({ ...which, recording_id }),
    annotations: LOOKS,
  },
  async ({ computer, recording_id }, { session, signal }) => {
    const of = recordings(session, computer);
    return told(await of.get(await idOf(of, recording_id, () => true, signal), { signal }));
  },
);

export const RECORDING_TOOLS = [start, stop, get];
