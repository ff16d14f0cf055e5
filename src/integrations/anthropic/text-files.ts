import { ToolError } from "@anthropic-ai/sdk/helpers/beta/toolsets";
import type { Computer } from "../../client/index.ts";

/** The largest file that is edited. */
const MAX_BYTES = 10 * 1024 * 1024;

/** All of a text. Throws a ToolError when it is too large or no text, and what Files.read() throws. */
export const readText = async ({ files }: Computer, path: string, signal: AbortSignal | undefined): Promise<string> => {
  const { size_bytes } = await files.stat(path, { signal });
  if (size_bytes > MAX_BYTES) throw new ToolError(`${path} is over ${MAX_BYTES} bytes, too large for this tool.`);
  const bytes = await files.read(path, { signal });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ToolError(`${path} is not UTF-8 text.`);
  }
};

/** Lines with their numbers, from 1; -1 is the last one. Throws a ToolError when the first is not there. */
export const numbered = (content: string, [first, last]: [number, number]): string => {
  const lines = content.replace(/\n$/, "").split("\n");
  if (!(first >= 1 && first <= lines.length && (last === -1 || last >= first)))
    throw new ToolError(`view_range is [first line, last line] of ${lines.length} lines, where -1 is the end.`);
  return lines
    .slice(first - 1, last === -1 ? undefined : last)
    .map((line, i) => `${String(first + i).padStart(6)}\t${line}`)
    .join("\n");
};

/** What is in a folder and in its folders, but for what is hidden. */
export const listed = async ({ files }: Computer, path: string, signal: AbortSignal | undefined): Promise<string> => {
  const inside = async (folder: string, depth: number): Promise<string[]> => {
    const entries = (await files.list(folder, { signal })).filter(({ name }) => !name.startsWith("."));
    const parts: string[] = [];
    for (const { path, type } of entries.sort((a, b) => (a.path < b.path ? -1 : 1))) {
      parts.push(type === "directory" ? `${path}/` : path);
      if (type === "directory" && depth > 1) parts.push(...(await inside(path, depth - 1)));
    }
    return parts;
  };
  return [`${path}/`.replace(/\/+$/, "/"), ...(await inside(path, 2))].join("\n");
};
