import { join } from "node:path";
import { VitrineError } from "../../contract/errors.ts";
import { MAX_CHAPTERS, type StartRecording } from "../../contract/recordings.ts";
import type { ComputerRecord } from "../computers/record.ts";
import { follow } from "./follow.ts";
import { POSTER, VIDEO } from "./produce.ts";
import type { RecordingRecord } from "./record.ts";
import { remove } from "./remove.ts";
import { resume } from "./resume.ts";
import { start } from "./start.ts";
import { createStudio, type Ports, type Studio } from "./studio.ts";
import { expiryOf } from "./sweep.ts";

/** The recordings as the API and the rest of the service see them. Methods that take an id throw recording_not_found. */
export const recordings = (ports: Ports) => {
  const studio = createStudio(ports);
  const { store } = studio;
  const require = (id: string, computer = ""): RecordingRecord => {
    const record = store.recordings.get(id);
    if (!record) throw new VitrineError("recording_not_found", { id, computer });
    return record;
  };
  return {
    start: (computer: ComputerRecord, spec: StartRecording, signal: AbortSignal) => start(studio, computer, spec, signal),
    get: require,
    exists: (id: string): boolean => store.recordings.get(id) !== null,
    /** A recording by its id and the id or name of its computer, gone or not. */
    ofComputer: (idOrName: string, id: string): RecordingRecord => {
      const record = require(id, idOrName);
      if (record.computer_id !== idOrName && record.computer_name !== idOrName)
        throw new VitrineError("recording_not_found", { id, computer: idOrName });
      return record;
    },
    /** Those of a computer that may be gone, newest first. Throws computer_not_found when nobody knows it. */
    list: (idOrName: string): RecordingRecord[] => {
      const computer = store.computers.getOrDeleted(idOrName)?.id ?? store.recordings.computerOf(idOrName);
      if (computer === null) throw new VitrineError("computer_not_found", { id: idOrName.slice(0, 64) });
      return store.recordings.ofComputer(computer);
    },
    ids: (computerId: string): string[] => store.recordings.idsOf(computerId),
    /** Ends it and resolves when its video is there, or has failed. Whoever asks meanwhile waits for the same; repeating it is a success. */
    stop: async (id: string): Promise<RecordingRecord> => {
      require(id);
      const session = studio.sessions.get(id);
      session?.end("stopped");
      await session?.done;
      return require(id);
    },
    /** Names this moment in one recording. Errors: recording_ended, invalid_request when it has too many. */
    markOne: (id: string, title: string): RecordingRecord => {
      if (require(id).chapters.length >= MAX_CHAPTERS)
        throw new VitrineError("invalid_request", { reason: `a recording takes ${MAX_CHAPTERS} marks` });
      if (!studio.sessions.get(id)?.mark(title)) throw new VitrineError("recording_ended", { status: require(id).status });
      return require(id);
    },
    /** Names this moment in every recording of a computer that runs now, if any: for what is done to it. */
    mark: (computerId: string, title: string): void => markAll(studio, computerId, title),
    remove: (id: string) => remove(studio, id),
    /** The directory and names of the finished files. Errors: recording_not_ready, recording_failed. */
    files: (id: string): { dir: string; video: string; poster: string; record: RecordingRecord } => {
      const record = require(id);
      if (record.status === "failed") throw new VitrineError("recording_failed", { reason: record.error?.message ?? "there is no video" });
      if (record.status !== "ready") throw new VitrineError("recording_not_ready", { status: record.status });
      return { dir: join(studio.root, id), video: VIDEO, poster: POSTER, record };
    },
    expiresAt: (record: RecordingRecord): number | null => expiryOf(record, studio.limits.retentionS),
    /** To be told of every change of a computer. */
    follow: (computer: ComputerRecord) => follow(studio, computer),
    /** To be called once, when the computers are in order. */
    resume: () => resume(studio),
    /** Lets the encoders finish their segments; the next service goes on from there. */
    close: async (): Promise<void> => {
      studio.closing = true;
      clearTimeout(studio.timer);
      const sessions = [...studio.sessions.values()];
      for (const session of sessions) session.end("paused");
      await Promise.all(sessions.map(({ done }) => done));
    },
  };
};
export type Recordings = ReturnType<typeof recordings>;

const markAll = ({ store, sessions }: Studio, computerId: string, title: string): void => {
  // Most actions are not filmed, and need not ask the store.
  if (sessions.size === 0) return;
  for (const { id, status } of store.recordings.ofComputer(computerId)) if (status === "recording") sessions.get(id)?.note(title);
};
