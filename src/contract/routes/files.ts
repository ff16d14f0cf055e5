import { z } from "zod";
import { Download, FileStat, GuestPath, MakeDirectory, MoveFile } from "../exec.ts";
import type { Media, Route } from "../route.ts";
import { bytes, list, onGuest } from "./shared.ts";

const archive: Media = { media: "application/gzip", description: "The folder as tar.gz" };
const pathQuery = z.strictObject({ path: GuestPath });
const onFiles = [...onGuest, "invalid_path", "file_not_found", "permission_denied", "not_a_file", "not_a_directory"] as const;

/** Files, folders and downloads of a computer. */
export const files = {
  readFile: {
    method: "get",
    path: "/v1/computers/{id}/files",
    summary: "A file's bytes; Range is honoured",
    query: pathQuery,
    status: 200,
    answer: bytes,
    errors: [...onFiles, "range_not_satisfiable"],
    lane: "files",
  },
  writeFile: {
    method: "put",
    path: "/v1/computers/{id}/files",
    summary: "Write a file; parents are made",
    query: pathQuery,
    body: bytes,
    status: 204,
    errors: [...onFiles, "disk_full"],
    lane: "files",
  },
  deleteFile: {
    method: "delete",
    path: "/v1/computers/{id}/files",
    summary: "Delete a file, or a folder with all that is in it",
    query: pathQuery,
    status: 204,
    errors: onFiles,
    lane: "files",
  },
  listFiles: {
    method: "get",
    path: "/v1/computers/{id}/files/list",
    summary: "A folder's entries",
    query: pathQuery,
    status: 200,
    answer: list(FileStat),
    errors: onFiles,
    lane: "files",
  },
  statFile: {
    method: "get",
    path: "/v1/computers/{id}/files/stat",
    summary: "One entry",
    query: pathQuery,
    status: 200,
    answer: FileStat,
    errors: onFiles,
    lane: "files",
  },
  makeDirectory: {
    method: "post",
    path: "/v1/computers/{id}/files/mkdir",
    summary: "Make a folder and its parents",
    body: MakeDirectory,
    status: 204,
    errors: [...onFiles, "file_exists"],
    lane: "files",
  },
  moveFile: {
    method: "post",
    path: "/v1/computers/{id}/files/move",
    summary: "Move or rename",
    body: MoveFile,
    status: 204,
    errors: [...onFiles, "file_exists"],
    lane: "files",
  },
  readArchive: {
    method: "get",
    path: "/v1/computers/{id}/files/archive",
    summary: "A folder as tar.gz",
    query: pathQuery,
    status: 200,
    answer: archive,
    errors: onFiles,
    lane: "files",
  },
  writeArchive: {
    method: "put",
    path: "/v1/computers/{id}/files/archive",
    summary: "Unpack a tar.gz into a folder",
    query: pathQuery,
    body: archive,
    status: 204,
    errors: [...onFiles, "archive_invalid", "disk_full"],
    lane: "files",
  },
  listDownloads: {
    method: "get",
    path: "/v1/computers/{id}/downloads",
    summary: "What the browser has downloaded, newest first; files still under way are not listed",
    status: 200,
    answer: list(Download),
    errors: onGuest,
    lane: "files",
  },
  getDownload: {
    method: "get",
    path: "/v1/computers/{id}/downloads/{download_id}",
    summary: "A downloaded file's bytes; Range is honoured",
    status: 200,
    answer: bytes,
    errors: [...onGuest, "file_not_found", "range_not_satisfiable"],
    lane: "files",
  },
} as const satisfies Record<string, Route>;
