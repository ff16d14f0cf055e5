import { posix } from "node:path";
import { UsageError } from "../cli.ts";

/** Where a copy comes from or goes to. */
export type Place = { computer: string; path: string } | { computer: null; path: string };

/** NAME:path is in a computer, where a path that is not absolute begins at the user's home. A colon after a slash belongs to a local name. */
export const parsePlace = (text: string, home = "/home/ohm"): Place => {
  const colon = text.indexOf(":");
  if (colon < 1 || text.slice(0, colon).includes("/") || text.startsWith(".")) return { computer: null, path: text };
  return { computer: text.slice(0, colon), path: posix.resolve(home, text.slice(colon + 1)) + (/[^/]\/$/.test(text) ? "/" : "") };
};

export type Copy = { direction: "in" | "out"; computer: string; remote: string; local: string };

/** Exactly one of the two must be in a computer. */
export const planCopy = (from: string, to: string): Copy => {
  const source = parsePlace(from);
  const target = parsePlace(to);
  if (source.computer !== null && target.computer === null)
    return { direction: "out", computer: source.computer, remote: source.path.replace(/(.)\/$/, "$1"), local: target.path };
  if (source.computer === null && target.computer !== null)
    return { direction: "in", computer: target.computer, remote: target.path, local: source.path };
  throw new UsageError("Give one of the two as NAME:path; the other is on this machine.");
};
