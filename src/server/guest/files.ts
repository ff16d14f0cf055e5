import { VitrineError } from "../../contract/errors.ts";
import { badAnswer, File, FileSize, Files } from "./answers.ts";
import { call, callJson, send } from "./call.ts";
import type { Guest } from "./guest.ts";
import type { Link } from "./link.ts";
import { cancel } from "./loss.ts";
import { readBody } from "./read.ts";

type FileCalls = Pick<Guest, "readFile" | "writeFile" | "deleteFile" | "stat" | "list" | "mkdir" | "move" | "readArchive" | "writeArchive">;

export const fileCalls = (link: Link): FileCalls => ({
  readFile: async (path, range, signal) => {
    const { stream, headers } = await send(link, { method: "GET", path: "/files", query: { path, ...range }, signal });
    const { data: size } = FileSize.safeParse(Number(headers["x-file-size"]));
    if (size !== undefined && (range || size < Number.MAX_SAFE_INTEGER)) return { size, body: readBody(stream) };
    cancel(stream);
    if (size === undefined) throw badAnswer("the size of a file");
    throw new VitrineError("invalid_request", { reason: `${path} is too large to be read whole; ask for a part of it, with Range` });
  },
  writeFile: (path, body, signal) => call(link, { method: "PUT", path: "/files", query: { path }, body, signal }),
  deleteFile: (path, signal) => call(link, { method: "DELETE", path: "/files", query: { path }, signal }),
  stat: (path, signal) => callJson(link, { method: "GET", path: "/files/stat", query: { path }, signal }, File),
  list: (path, signal) => callJson(link, { method: "GET", path: "/files/list", query: { path }, signal }, Files),
  mkdir: (path, signal) => call(link, { method: "POST", path: "/files/mkdir", json: { path }, signal }),
  move: (from, to, overwrite, signal) => call(link, { method: "POST", path: "/files/move", json: { from, to, overwrite }, signal }),
  readArchive: async (path, signal) =>
    readBody((await send(link, { method: "GET", path: "/files/archive", query: { path }, signal })).stream),
  writeArchive: (path, body, signal) => call(link, { method: "PUT", path: "/files/archive", query: { path }, body, signal }),
});
