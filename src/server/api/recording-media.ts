import type { Request, Response, Router } from "express";
import { VitrineError } from "../../contract/errors.ts";
import { PathParams } from "../../contract/route.ts";
import type { RouteId } from "../../contract/routes.ts";
import { audit } from "../auth/audit.ts";
import { type Caller, holderOf, OPERATOR } from "../auth/caller.ts";
import { RateLimit } from "../auth/rate-limit.ts";
import { isRecordingToken } from "../auth/recording-token.ts";
import type { RecordingRecord } from "../recordings/record.ts";
import type { Recordings } from "../recordings/recordings.ts";
import { callerOf } from "./caller.ts";
import type { Context } from "./context.ts";
import { cutAtEnd } from "./cut.ts";
import { recordingPage } from "./recording-page.ts";
import { recordingUrls, recordingViewOf } from "./recording-view.ts";

interface Admission {
  id: string;
  caller: Caller;
  recordings: Pick<Recordings, "get" | "ofComputer" | "files">;
}

/** Lets a request in by the token in its query, which is this recording's alone, or by an API key. */
const admit = (context: Context, request: Request): Admission => {
  const id = String(request.params.rid);
  const token = new URL(request.url, "http://localhost").searchParams.get("token");
  if (token === null) {
    const caller = callerOf(context, request);
    if (!PathParams.rid.safeParse(id).success) throw new VitrineError("recording_not_found", { id: id.slice(0, 64), computer: "" });
    return { id, caller, recordings: context.recordings.of(caller) };
  }
  const record = context.recordings.of(OPERATOR).find(id);
  return context.attempts.check(request, record?.id ?? "a recording", () => {
    if (!isRecordingToken(context.sign, id, context.keys.isOver(record?.key_id ?? null), token)) throw new VitrineError("link_invalid");
    if (!record) throw new VitrineError("recording_not_found", { id: id.slice(0, 64), computer: "" });
    const caller = holderOf(record.id, record.computer_id);
    return { id, caller, recordings: context.recordings.of(caller) };
  });
};

/** A finished file with Range, If-Range, ETag and HEAD. Errors: range_not_satisfiable. */
export const sendMedia = async (
  request: Request,
  response: Response,
  dir: string,
  file: string,
  record: RecordingRecord,
): Promise<void> => {
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
  /** A player asks for a video in many pieces: once a minute is told of. */
  const told = new RateLimit();
  for (const [kind, action] of [
    ["video", "recordingVideo"],
    ["poster", "recordingPoster"],
  ] as const satisfies [string, RouteId][])
    router.get(`/v1/computers/:id/recordings/:rid/${kind}`, async (request, response) => {
      const { id: rid, caller, recordings } = admit(context, request);
      const { id, computer_id } = recordings.ofComputer(request.params.id, rid);
      if (told.take(`${caller.id} ${action} ${id}`, 1) === 0)
        audit(context.emit, caller, { action, computerId: computer_id, path: { rid: id } });
      const { dir, record, [kind]: file } = recordings.files(id);
      cutAtEnd(response, caller);
      await sendMedia(request, response, dir, file, record);
    });
  router.get("/recordings/:rid", (request, response) => {
    const { id, recordings } = admit(context, request);
    const record = recordings.get(id);
    const urls = recordingUrls(context, request, record);
    response.setHeader("Cache-Control", "no-store");
    response.type("html").send(recordingPage(recordingViewOf(context, request, record), urls));
  });
};
