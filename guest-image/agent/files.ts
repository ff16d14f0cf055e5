import { lstatSync, mkdirSync, renameSync, statSync, unlinkSync } from "node:fs";
import { answerJson, answerNothing, type Call, type Routes, readJson } from "./call.ts";
import { keepNames } from "./durable.ts";
import { Fault, pathFault } from "./fault.ts";
import { checkPath } from "./paths.ts";
import type { Places } from "./places.ts";
import { readFile } from "./read-file.ts";
import { listRecords, statRecord } from "./records.ts";
import { finishTool, runTool } from "./tools.ts";
import { asUser, guestUser } from "./users.ts";
import { writeFile } from "./write-file.ts";

/** Does the work as the guest's user; what fails is a fault of the path. */
const atPath = <T>(path: string, work: () => T): T => {
  try {
    return asUser(guestUser(), work);
  } catch (error) {
    throw pathFault(error, path);
  }
};

/** Aborts when the host gives the call up. */
const untilClosed = ({ stream }: Call): AbortSignal => {
  const gone = new AbortController();
  stream.once("close", () => gone.abort());
  return gone.signal;
};

const remove = async (call: Call): Promise<void> => {
  const path = checkPath(call.query.get("path"));
  const isFolder = atPath(path, () => {
    const folder = lstatSync(path).isDirectory();
    if (!folder) unlinkSync(path);
    return folder;
  });
  if (isFolder) {
    // A large tree is a tool's work: it takes its time without holding up the agent.
    await finishTool(runTool(guestUser(), "rm", ["-rf", "--", path]), untilClosed(call)).catch((error) => {
      throw pathFault(error, path);
    });
  }
  await keepNames(path);
  answerNothing(call.stream);
};

const makeFolder = async ({ stream }: Call): Promise<void> => {
  const path = checkPath((await readJson<{ path: string }>(stream)).path);
  atPath(path, () => {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) mkdirSync(path, { recursive: true });
  });
  await keepNames(path);
  answerNothing(stream);
};

const move = async (call: Call): Promise<void> => {
  const body = await readJson<{ from: string; to: string; overwrite: boolean }>(call.stream);
  const from = checkPath(body.from);
  const to = checkPath(body.to);
  const crossesDisks = atPath(from, () => {
    lstatSync(from);
    if (!body.overwrite && lstatSync(to, { throwIfNoEntry: false })) throw new Fault("file_exists", { path: to });
    try {
      renameSync(from, to);
      return false;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EXDEV") return true;
      // A folder in the place of a file, or the other way round, is not replaced.
      if (code === "EISDIR" || (code === "ENOTDIR" && lstatSync(to, { throwIfNoEntry: false })))
        throw new Fault("file_exists", { path: to });
      throw pathFault(error, to);
    }
  });
  if (crossesDisks) {
    await finishTool(runTool(guestUser(), "mv", ["-f", "-T", "--", from, to]), untilClosed(call)).catch((error) => {
      throw pathFault(error, to);
    });
  }
  await keepNames(from, to);
  answerNothing(call.stream);
};

const look = (answer: (path: string) => unknown) => (call: Call) => {
  const path = checkPath(call.query.get("path"));
  answerJson(
    call.stream,
    atPath(path, () => answer(path)),
  );
};

/** Files of the guest, all reached with the rights of the guest's user. */
export const files = (places: Places): Routes => ({
  "GET /files": readFile,
  "PUT /files": writeFile(places),
  "DELETE /files": remove,
  "GET /files/stat": look(statRecord),
  "GET /files/list": look(listRecords),
  "POST /files/mkdir": makeFolder,
  "POST /files/move": move,
});
