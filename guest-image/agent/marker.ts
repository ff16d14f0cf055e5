import { closeSync, constants, fstatSync, openSync, read } from "node:fs";
import { promisify } from "node:util";
import { asUser, guestUser, type User } from "./users.ts";

const readAt = promisify(read);

/** The first bytes of an open file, at most `limit`. */
export const readUpTo = async (fd: number, limit: number, from = 0): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for (let size = 0; size < limit; ) {
    const part = Buffer.allocUnsafe(Math.min(64 * 1024, limit - size));
    const { bytesRead, buffer } = await readAt(fd, part, 0, part.length, from + size);
    if (bytesRead === 0) break;
    chunks.push(buffer.subarray(0, bytesRead));
    size += bytesRead;
  }
  return Buffer.concat(chunks);
};

/**
 * At most `limit` bytes of a file that the session's scripts wrote, from `from` on, and the file's size; null when there is none. It is opened as the
 * guest's user unless another is given, and a link is not followed, since the user may have put anything in its place.
 */
export const readMarker = async (
  path: string,
  limit: number,
  from = 0,
  user: User = guestUser(),
): Promise<{ text: string; size: number } | null> => {
  let fd: number;
  try {
    fd = asUser(user, () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW));
  } catch {
    return null;
  }
  try {
    const stats = fstatSync(fd);
    return stats.isFile() ? { text: (await readUpTo(fd, limit, from)).toString("utf8"), size: stats.size } : null;
  } finally {
    closeSync(fd);
  }
};
