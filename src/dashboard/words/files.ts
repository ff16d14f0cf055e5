import type { FileStat } from "../../contract/exec.ts";

/** Where the browsing begins. */
export const HOME = "/home/ohm";
/** Where the browser puts what it downloads. */
export const DOWNLOADS = "/home/ohm/Downloads";

export const joinPath = (folder: string, name: string): string => (folder === "/" ? `/${name}` : `${folder}/${name}`);

/** The folders on the way to a path, from the root, each with its name. */
export const trail = (path: string): { name: string; path: string }[] => {
  const names = path.split("/").filter(Boolean);
  return [{ name: "/", path: "/" }, ...names.map((name, index) => ({ name, path: `/${names.slice(0, index + 1).join("/")}` }))];
};

/** Folders first, then by name. */
export const inOrder = (entries: readonly FileStat[]): FileStat[] =>
  entries.toSorted(
    (a, b) => Number(b.type === "directory") - Number(a.type === "directory") || a.name.localeCompare(b.name, undefined, { numeric: true }),
  );

const IMAGES: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
};
const MAX_IMAGE = 10_000_000;
const MAX_TEXT = 200_000;

export type Preview = { kind: "image"; type: string } | { kind: "text" } | null;

/** How a file can be shown; null: it is too large. What is no text is found out when it is there. */
export const previewOf = ({ name, size_bytes }: Pick<FileStat, "name" | "size_bytes">): Preview => {
  const type = IMAGES[name.toLowerCase().split(".").at(-1) ?? ""];
  if (type !== undefined) return size_bytes <= MAX_IMAGE ? { kind: "image", type } : null;
  return size_bytes <= MAX_TEXT ? { kind: "text" } : null;
};

/** Bytes as text; null when they are none. */
export const textOf = (bytes: ArrayBuffer): string | null => {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
};
