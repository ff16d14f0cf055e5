import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { VitrineError } from "../../../contract/errors.ts";
import { GuestPath } from "../../../contract/exec.ts";
import { parse } from "../../parse.ts";

/** A form's files are held in memory, because a file may come before the path it is to have. write_file streams, and has no limit. */
const MAX_BYTES = 32 * 1024 * 1024;

const readForm = async (request: IncomingMessage): Promise<FormData> => {
  let bytes = 0;
  async function* limited(): AsyncGenerator<Buffer> {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) return;
      yield chunk;
    }
  }
  const headers = { "Content-Type": request.headers["content-type"] ?? "" };
  return new Response(ReadableStream.from(limited()), { headers }).formData().catch((error) => {
    if (bytes > MAX_BYTES) throw new VitrineError("payload_too_large", { limit: MAX_BYTES });
    throw new VitrineError("invalid_request", { reason: `the body is not a multipart form: ${String(error).slice(0, 200)}` });
  });
};

/** The files of an upload, `files[0][file]` with `files[0][dest_path]`; all of them are checked before any is handed out. Throws payload_too_large, invalid_request. */
export const filesIn = async (request: IncomingMessage): Promise<{ path: string; bytes(): Readable }[]> => {
  const files = new Map<string, Blob>();
  const paths = new Map<string, string>();
  for (const [name, value] of await readForm(request)) {
    const [, index = "", kind] = /^files\[(\d*)\]\[(file|dest_path)\]$/.exec(name) ?? [];
    if (kind === "file" && typeof value !== "string") files.set(index || String(files.size), value);
    else if (kind === "dest_path" && typeof value === "string") paths.set(index || String(paths.size), value);
    else
      throw new VitrineError("invalid_request", { reason: `the form's ${name.slice(0, 64)} is not files[n][file] or files[n][dest_path]` });
  }
  if (files.size !== paths.size || [...files.keys()].some((index) => !paths.has(index)))
    throw new VitrineError("invalid_request", { reason: "each file needs a dest_path, and each dest_path a file" });
  return [...files].map(([index, file]) => ({
    path: parse(GuestPath, paths.get(index), `files.${index}.dest_path`),
    bytes: () => Readable.from(file.stream()),
  }));
};
