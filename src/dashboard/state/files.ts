import type { FileStat } from "../../contract/exec.ts";
import { type Preview, textOf } from "../words/files.ts";
import { call, fetchAnswer, urlOf } from "./api.ts";

/** Files of one computer; each call throws CallError. */

export const fileUrl = (id: string, path: string): string => urlOf("/v1/computers/{id}/files", { id }, { path });
export const archiveUrl = (id: string, path: string): string => urlOf("/v1/computers/{id}/files/archive", { id }, { path });

export const workspaceUrl = (id: string): string => urlOf("/v1/computers/{id}/workspace", { id });

export const listFolder = async (id: string, path: string, signal: AbortSignal): Promise<FileStat[]> =>
  (await call("get", "/v1/computers/{id}/files/list", { params: { id }, query: { path }, signal })).data;

export const removeFile = (id: string, path: string): Promise<null> =>
  call("delete", "/v1/computers/{id}/files", { params: { id }, query: { path } });

export type Shown = { image: Blob } | { text: string } | "not text";

/** What a preview shows of a file. */
export const readPreview = async (id: string, path: string, preview: NonNullable<Preview>, signal: AbortSignal): Promise<Shown> => {
  const bytes = await (await fetchAnswer(fileUrl(id, path), { signal })).arrayBuffer();
  if (preview.kind === "image") return { image: new Blob([bytes], { type: preview.type }) };
  const text = textOf(bytes);
  return text === null ? "not text" : { text };
};
