import { randomBytes } from "node:crypto";
import {
  constants,
  createWriteStream,
  fchmodSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, posix } from "node:path";
import { pipeline } from "node:stream/promises";
import { answerNothing, type Handler } from "./call.ts";
import { keepNames } from "./durable.ts";
import { Fault, pathFault } from "./fault.ts";
import { checkPath } from "./paths.ts";
import type { Places } from "./places.ts";
import { asUser, guestUser } from "./users.ts";

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** Of each upload that is under way, a note of its temporary file: what an agent leaves that is killed, the next one removes. It is as short-lived as the agent's guest. */
const notesIn = (places: Places): string => join(places.run, "uploads");

export const removeAbandoned = (places: Places): void => {
  const notes = notesIn(places);
  mkdirSync(notes, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(notes)) {
    const note = join(notes, name);
    rmSync(readFileSync(note, "utf8"), { force: true });
    rmSync(note);
  }
};

interface Target {
  path: string;
  temporary: string;
  fd: number;
}

/** Opens a file beside the target, which is where a link at `path` leads; a file that is replaced keeps its mode. Runs as the guest's user. */
const openBeside = (path: string): Target => {
  const existing = statSync(path, { throwIfNoEntry: false });
  if (existing && !existing.isFile()) throw new Fault("not_a_file", { path });
  const target = existing ? realpathSync(path) : path;
  const folder = posix.dirname(target);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "EEXIST" ? new Fault("not_a_directory", { path: folder }) : error;
  }
  const temporary = posix.join(folder, `.vitrine.${randomBytes(8).toString("hex")}.tmp`);
  const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666);
  try {
    if (existing) fchmodSync(fd, existing.mode & 0o7777);
  } catch {
    // Another's file that the folder's permissions let us replace: it becomes ours with a mode of its own.
  }
  return { path: target, temporary, fd };
};

/** PUT /files: the body becomes the file at once when it has come whole, and leaves nothing when it has not. */
export const writeFile =
  (places: Places): Handler =>
  async ({ stream, query }) => {
    const path = checkPath(query.get("path"));
    const user = guestUser();
    let target: Target | null = null;
    const note = join(notesIn(places), randomBytes(8).toString("hex"));
    try {
      target = asUser(user, () => openBeside(path));
      const { temporary, fd, path: final } = target;
      writeFileSync(note, temporary, { mode: 0o600 });
      // The write stream owns the descriptor, and puts what it has on the disk before it closes it.
      await pipeline(stream.iterator({ destroyOnReturn: false }), createWriteStream("", { fd, flush: true, highWaterMark: 1024 * 1024 }));
      // A reset with code 0 looks like the end of the body, but only a reset closes the stream before it is answered.
      if (stream.closed) throw new Error("the host broke off");
      asUser(user, () => renameSync(temporary, final));
      target = null;
      await keepNames(final);
      answerNothing(stream);
    } catch (error) {
      throw pathFault(error, path);
    } finally {
      rmSync(note, { force: true });
      if (target) {
        const { temporary } = target;
        asUser(user, () => rmSync(temporary, { force: true }));
      }
    }
  };
