import { badAnswer, File, Files } from "./answers.ts";
import { call, callJson, send } from "./call.ts";
import type { Guest } from "./guest.ts";
import type { Link } from "./link.ts";
import { cancel } from "./loss.ts";
import { readBody } from "./read.ts";

type FileCalls = Pick<Guest, "readFile" | "writeFile" | "deleteFile" | "stat" | "list" | "mkdir" | "move" | "readArchive" | "writeArchive">;

export const fileCalls = (link: Link): FileCalls => ({
  readFile: async (path, range, signal) => {
    const { stream, headers } = await send(link, { method: "GET", path: "/files", query: { path, ...range }, signal });
    const size = Number(headers["x-file-size"]);
    if (Number.isSafeInteger(size) && size >= 0) return { size, body: readBody(stream) };
    cancel(stream);
    throw badAnswer("the size of a file");
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
