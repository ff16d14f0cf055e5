import type { Request, Response, Router } from "express";
import { VitrineError } from "../../contract/errors.ts";
import { PathParams } from "../../contract/route.ts";
import { requireApiKey } from "../auth/guards.ts";
import { isRecordingToken } from "../auth/recording-token.ts";
import type { RecordingRecord } from "../recordings/record.ts";
import type { Context } from "./context.ts";
import { recordingPage } from "./recording-page.ts";
import { recordingUrls, recordingViewOf } from "./recording-view.ts";

/** Lets a request in by the token in its query, which is this recording's alone, or by the API key. */
const admit = (context: Context, request: Request): string => {
  const id = String(request.params.rid);
  const token = new URL(request.url, "http://localhost").searchParams.get("token");
  if (token === null) requireApiKey(request, context.apiKey);
  else if (!isRecordingToken(context.sign, id, token)) throw new VitrineError("link_invalid");
  if (!PathParams.rid.safeParse(id).success) throw new VitrineError("recording_not_found", { id: id.slice(0, 64), computer: "" });
  return id;
};

/** A finished file with Range, If-Range, ETag and HEAD. Errors: range_not_satisfiable. */
const sendFile = async (request: Request, response: Response, dir: string, file: string, record: RecordingRecord): Promise<void> => {
  // A finished recording does not change.
  const etag = `"${record.id}-${record.size_bytes}-${file}"`;
  response.set({
    ETag: etag,
    "Cache-Control": "private, no-cache",
    "X-Content-Type-Options": "nosniff",
    "Content-Disposition": `inline; filename="${record.computer_name}-${record.id}.${file.split(".").at(-1)}"`,
  });
  // Here, because Express takes the no-cache that fetch() adds to a conditional request for a wish for the whole file.
  if (request.headers["if-none-match"]?.includes(etag)) return void response.status(304).end();
  return new Promise((resolve, reject) =>
    response.sendFile(file, { root: dir, cacheControl: false, lastModified: false, dotfiles: "allow" }, (error?: Error) => {
      const { status } = (error ?? {}) as { status?: number };
      if (status === 416) reject(new VitrineError("range_not_satisfiable", { size: record.size_bytes }));
      // It was removed a moment ago, as the oldest are.
      else if (status === 404) reject(new VitrineError("recording_not_found", { id: record.id, computer: record.computer_id }));
      else if (error && !response.headersSent) reject(error);
      // Who leaves before the end has had enough.
      else resolve();
    }),
  );
};

/** The video, the poster, and the page with both: opened by the recording's own token, too, so that a `<video>` and a person can. */
export const recordingMediaRoutes = (router: Router, context: Context): void => {
  const { recordings } = context;
  for (const kind of ["video", "poster"] as const)
    router.get(`/v1/computers/:id/recordings/:rid/${kind}`, async (request, response) => {
      const { id } = recordings.ofComputer(request.params.id, admit(context, request));
      const { dir, record, [kind]: file } = recordings.files(id);
      await sendFile(request, response, dir, file, record);
    });
  router.get("/recordings/:rid", (request, response) => {
    const record = recordings.get(admit(context, request));
    const urls = recordingUrls(context, request, record);
    response.setHeader("Cache-Control", "no-store");
    response.type("html").send(recordingPage(recordingViewOf(context, request, record), urls));
  });
};
