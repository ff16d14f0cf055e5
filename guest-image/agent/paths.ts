import { posix } from "node:path";
import { Fault } from "./fault.ts";

/** The path without doubled and trailing slashes. Refuses what is relative, has `..` or NUL, or is too long. */
export const checkPath = (path: unknown): string => {
  const refuse = (reason: string) => new Fault("invalid_path", { reason });
  if (typeof path !== "string" || path === "") throw refuse("it is missing");
  if (!path.startsWith("/")) throw refuse("it is not absolute");
  if (path.includes("\0")) throw refuse("it holds a NUL");
  if (path.length > 4096) throw refuse("it is longer than 4096 characters");
  if (path.split("/").includes("..")) throw refuse("it has '..'");
  const normal = posix.normalize(path);
  return normal === "/" ? normal : normal.replace(/\/$/, "");
};
