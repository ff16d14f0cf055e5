import { closeSync, constants, createReadStream, fstatSync, openSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Call } from "./call.ts";
import { Fault, invalid, pathFault } from "./fault.ts";
import { readUpTo } from "./marker.ts";
import { checkPath } from "./paths.ts";
import { asUser, guestUser } from "./users.ts";

const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants;
/** Files up to this size are read at once, because those of /proc and /sys do not say their true size. */
const SMALL = 64 * 1024;

const openRegular = (path: string): { fd: number; size: number } => {
  // O_NONBLOCK: a FIFO without a writer must not hold up the agent.
  const fd = asUser(guestUser(), () => openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  const stats = fstatSync(fd);
  if (stats.isFile()) return { fd, size: stats.size };
  closeSync(fd);
  throw new Fault("not_a_file", { path });
};

const position = (text: string | null): number | undefined => {
  if (text === null) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw invalid("start and end are byte positions");
  return Number(text);
};

const range = (query: URLSearchParams, size: number): { start: number; length: number } => {
  const start = position(query.get("start"));
  const end = position(query.get("end")) ?? Number.POSITIVE_INFINITY;
  if (start === undefined) return { start: 0, length: size };
  if (start >= size || end < start) throw new Fault("range_not_satisfiable", { size });
  return { start, length: Math.min(end, size - 1) - start + 1 };
};

/** GET /files: a regular file's bytes, or a range of them. */
export const readFile = async ({ stream, query }: Call): Promise<void> => {
  const path = checkPath(query.get("path"));
  let opened: { fd: number; size: number };
  try {
    opened = openRegular(path);
  } catch (error) {
    throw pathFault(error, path);
  }
  const { fd, size } = opened;
  const head = (part: number, whole: number) => ({ ":status": 200, "content-length": part, "x-file-size": whole });
  let streaming = false;
  try {
    if (size <= SMALL) {
      const whole = await readUpTo(fd, SMALL * 16);
      const { start, length } = range(query, whole.length);
      stream.respond(head(length, whole.length));
      stream.end(whole.subarray(start, start + length));
      return;
    }
    const { start, length } = range(query, size);
    stream.respond(head(length, size));
    // From here the read stream owns the descriptor: it may not be closed under a read that is under way.
    streaming = true;
    await pipeline(createReadStream("", { fd, start, end: start + length - 1, highWaterMark: 256 * 1024 }), stream);
  } finally {
    if (!streaming) closeSync(fd);
  }
};
