import { pipeline } from "node:stream/promises";
import type { Request, Response } from "express";
import { VitrineError } from "../../contract/errors.ts";
import type { EventType } from "../../contract/events.ts";
import type { Computers } from "../computers/computers.ts";
import { withDeadline } from "../deadline.ts";
import type { Guest } from "../guest/guest.ts";
import { exportWorkspace } from "../workspace/export.ts";
import { importWorkspace, WORKSPACE } from "../workspace/import.ts";
import { attachment } from "./attachment.ts";
import type { Context } from "./context.ts";
import { downloadPath, downloads } from "./downloads.ts";
import type { Call, Handlers } from "./operate.ts";

const CALL_MS = 60_000;

const brief = <T>(signal: AbortSignal, work: (within: AbortSignal) => Promise<T>): Promise<T> =>
  withDeadline("The file operation", CALL_MS, signal, work);

/** The one range of a Range header, or null for the whole. Several ranges are answered with the whole, as RFC 9110 allows. */
const parseRange = (header: string | undefined): { start: number; end?: number } | { last: number } | null => {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return null;
  if (match[1] === "") return { last: Number(match[2]) };
  return { start: Number(match[1]), ...(match[2] !== "" && { end: Number(match[2]) }) };
};

const resolveRange = (range: NonNullable<ReturnType<typeof parseRange>>, size: number): { start: number; end: number } => {
  const start = "last" in range ? Math.max(0, size - range.last) : range.start;
  const end = "last" in range ? size - 1 : Math.min(range.end ?? size - 1, size - 1);
  if (start > end || start >= size) throw new VitrineError("range_not_satisfiable", { size });
  return { start, end };
};

const baseName = (path: string): string => path.split("/").filter(Boolean).at(-1) ?? "root";

/** Sends a guest's file, or the range of it that was asked for. */
const sendFile = async (guest: Guest, path: string, request: Request, response: Response, signal: AbortSignal): Promise<void> => {
  const wanted = parseRange(request.headers.range);
  const range = wanted && resolveRange(wanted, (await brief(signal, (within) => guest.stat(path, within))).size_bytes);
  const { size, body } = await guest.readFile(path, range, signal);
  attachment(response, "application/octet-stream", baseName(path));
  response.setHeader("Accept-Ranges", "bytes");
  response.setHeader("Content-Length", range ? range.end - range.start + 1 : size);
  if (range) response.status(206).setHeader("Content-Range", `bytes ${range.start}-${range.end}/${size}`);
  await pipeline(body, response);
};

/** As the client announced it; a stream has none. */
const sizeOf = ({ bytes, request }: Pick<Call, "bytes" | "request">): { size_bytes?: number } =>
  bytes !== request || request.headers["content-length"] === undefined ? {} : { size_bytes: Number(request.headers["content-length"]) };

type Names =
  | "readFile"
  | "writeFile"
  | "deleteFile"
  | "listFiles"
  | "statFile"
  | "makeDirectory"
  | "moveFile"
  | "listDownloads"
  | "getDownload"
  | "readArchive"
  | "writeArchive"
  | "exportWorkspace"
  | "importWorkspace";

export const fileHandlers = ({ emit }: Context): Pick<Handlers, Names> => {
  /** Runs a file operation on a running computer, which is in use meanwhile. */
  const using = async <T>(computers: Computers, id: string, work: (guest: Guest, computerId: string) => Promise<T>): Promise<T> => {
    const { record, live } = computers.running(id, "files");
    const release = live.activity.hold("file");
    try {
      return await work(live.guest, record.id);
    } finally {
      release();
    }
  };

  /** As `using`; what was done is written into the timeline when it has gone well. */
  const changing = (
    { params, computers, actor }: Pick<Call, "computers" | "actor"> & { params: { id: string } },
    type: EventType,
    data: Record<string, unknown>,
    work: (guest: Guest) => Promise<void>,
  ): Promise<void> =>
    using(computers, params.id, async (guest, computer_id) => {
      await work(guest);
      emit({ type, computer_id, actor, data });
    });

  return {
    readFile: ({ params, computers, query, request, response, signal }) =>
      using(computers, params.id, (guest) => sendFile(guest, query.path, request, response, signal)),
    listDownloads: ({ params, computers, signal }) =>
      using(computers, params.id, async (guest) => ({
        data: await brief(signal, (within) => downloads(guest, within)),
        next_cursor: null,
      })),
    getDownload: ({ params, computers, request, response, signal }) =>
      using(computers, params.id, (guest) => sendFile(guest, downloadPath(params.download_id), request, response, signal)),
    writeFile: (call) =>
      changing(call, "file.written", { path: call.query.path, ...sizeOf(call) }, (guest) =>
        guest.writeFile(call.query.path, call.bytes, call.signal),
      ),
    deleteFile: (call) =>
      changing(call, "file.deleted", { path: call.query.path }, (guest) =>
        brief(call.signal, (within) => guest.deleteFile(call.query.path, within)),
      ),
    listFiles: ({ params, computers, query, signal }) =>
      using(computers, params.id, async (guest) => ({
        data: await brief(signal, (within) => guest.list(query.path, within)),
        next_cursor: null,
      })),
    statFile: ({ params, computers, query, signal }) =>
      using(computers, params.id, (guest) => brief(signal, (within) => guest.stat(query.path, within))),
    makeDirectory: ({ params, computers, body, signal }) =>
      using(computers, params.id, (guest) => brief(signal, (within) => guest.mkdir(body.path, within))),
    moveFile: (call) => {
      const { from, to, overwrite } = call.body;
      return changing(call, "file.moved", { from, to }, (guest) => brief(call.signal, (within) => guest.move(from, to, overwrite, within)));
    },
    readArchive: ({ params, computers, query, response, signal }) =>
      using(computers, params.id, async (guest) => {
        const body = await guest.readArchive(query.path, signal);
        attachment(response, "application/gzip", `${baseName(query.path)}.tar.gz`);
        await pipeline(body, response);
      }),
    writeArchive: (call) =>
      changing(call, "file.written", { path: call.query.path, ...sizeOf(call), archive: true }, (guest) =>
        guest.writeArchive(call.query.path, call.bytes, call.signal),
      ),
    exportWorkspace: ({ params, computers, response, signal }) =>
      using(computers, params.id, async (guest) => {
        const body = await exportWorkspace(guest, signal);
        attachment(response, "application/gzip", `${computers.get(params.id).name}.tar.gz`);
        await pipeline(body, response);
      }),
    importWorkspace: (call) =>
      changing(call, "file.written", { path: WORKSPACE, ...sizeOf(call), archive: true }, (guest) =>
        importWorkspace(guest, call.bytes, call.query.replace, call.signal),
      ),
  };
};
