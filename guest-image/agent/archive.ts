import { mkdirSync, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { answerNothing, type Call, type Routes } from "./call.ts";
import { Fault, pathFault } from "./fault.ts";
import { checkPath } from "./paths.ts";
import { errnoIn, feed, toolFor } from "./tools.ts";
import { asUser, guestUser } from "./users.ts";

const folder = (path: string, work: (path: string) => void): void => {
  try {
    asUser(guestUser(), () => {
      work(path);
      if (!statSync(`${path}/.`).isDirectory()) throw new Fault("not_a_directory", { path });
    });
  } catch (error) {
    throw pathFault(error, path);
  }
};

/** GET /files/archive: a folder as tar.gz. Files that the user may not read are left out. */
const pack = async ({ stream, query }: Call): Promise<void> => {
  const path = checkPath(query.get("path"));
  folder(path, () => {});
  const tool = toolFor(stream, guestUser(), "tar", ["--ignore-failed-read", "-I", "gzip -1", "-C", path, "-cf", "-", "."]);
  tool.stdin.end();
  stream.respond({ ":status": 200, "content-type": "application/gzip" });
  await pipeline(tool.stdout, stream, { end: false });
  const { code } = await tool.done;
  // 1: a file changed while it was read, which is no more than the truth.
  if (code !== 0 && code !== 1) throw new Error(`tar ended with ${code}`);
  stream.end();
};

/** PUT /files/archive: unpacks a tar.gz into a folder, which is made. */
const unpack = async ({ stream, query }: Call): Promise<void> => {
  const path = checkPath(query.get("path"));
  folder(path, () => mkdirSync(path, { recursive: true }));
  const { code, words } = await feed(stream, toolFor(stream, guestUser(), "tar", ["-C", path, "-xzf", "-"]));
  if (code === 0) {
    // Of so many files none may be forgotten.
    await toolFor(stream, guestUser(), "sync", ["-f", path]).done;
    return answerNothing(stream);
  }
  const errno = errnoIn(words);
  if (errno === "ENOSPC" || errno === "EACCES") throw pathFault(Object.assign(new Error(words), { code: errno }), path);
  throw new Fault("archive_invalid", { reason: tellingLine(words) });
};

/** The last line that says something; tar closes with lines that only say that it failed. */
const tellingLine = (words: string): string =>
  words.split("\n").findLast((line) => !/exiting now|Exiting with failure|Child returned status/.test(line)) || "tar was killed";

export const archive: Routes = { "GET /files/archive": pack, "PUT /files/archive": unpack };
