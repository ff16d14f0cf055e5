import { join } from "node:path";
import { VitrineError } from "../../contract/errors.ts";
import { MAX_CHAPTERS, type StartRecording } from "../../contract/recordings.ts";
import { type Caller, ownerOf, sees } from "../auth/caller.ts";
import type { ComputerRecord } from "../computers/record.ts";
import { follow } from "./follow.ts";
import { POSTER, VIDEO } from "./produce.ts";
import type { RecordingRecord } from "./record.ts";
import { remove } from "./remove.ts";
import { resume } from "./resume.ts";
import { start } from "./start.ts";
import { createStudio, type Ports, type Studio } from "./studio.ts";
import { expiryOf, removeOrphans } from "./sweep.ts";

/** The recordings that one caller sees: those of its own computers, gone or not. Methods that take an id throw recording_not_found. */
const recordingsOf = (studio: Studio, caller: Caller) => {
  const { store } = studio;
  const find = (id: string): RecordingRecord | null => {
    const record = store.recordings.get(id);
    return record && sees(caller, record.computer_id, record.key_id) ? record : null;
  };
  const require = (id: string, computer = ""): RecordingRecord => {
    const record = find(id);
    if (!record) throw new VitrineError("recording_not_found", { id, computer });
    return record;
  };
  return {
    /** `computer` is one that the caller sees. */
    start: (computer: ComputerRecord, spec: StartRecording, signal: AbortSignal) => start(studio, computer, spec, signal),
    get: require,
    find,
    /** A recording by its id and the id or name of its computer, gone or not. */
    ofComputer: (idOrName: string, id: string): RecordingRecord => {
      const record = require(id, idOrName);
      if (record.computer_id !== idOrName && record.computer_name !== idOrName)
        throw new VitrineError("recording_not_found", { id, computer: idOrName });
      return record;
    },
    /** Those of a computer that may be gone, newest first. Throws computer_not_found when nobody knows it. */
    list: (idOrName: string): RecordingRecord[] => {
      const here = store.computers.get(idOrName);
      const key = ownerOf(caller);
      const id =
        here && sees(caller, here.id, here.key_id)
          ? here.id
          : (store.computers.lastNamed(idOrName, key)?.id ?? store.recordings.computerOf(idOrName, key));
      if (id === null) throw new VitrineError("computer_not_found", { id: idOrName.slice(0, 64) });
      return store.recordings.ofComputer(id);
    },
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
    remove: async (id: string): Promise<void> => {
      if (find(id)) await remove(studio, id);
    },
    /** The directory and names of the finished files. Errors: recording_not_ready, recording_failed. */
    files: (id: string): { dir: string; video: string; poster: string; record: RecordingRecord } => {
      const record = require(id);
      if (record.status === "failed") throw new VitrineError("recording_failed", { reason: record.error?.message ?? "there is no video" });
      if (record.status !== "ready") throw new VitrineError("recording_not_ready", { status: record.status });
      return { dir: join(studio.root, id), video: VIDEO, poster: POSTER, record };
    },
  };
};
export type Recordings = ReturnType<typeof recordingsOf>;

/** The recordings as the rest of the service sees them; of a single one nobody sees more than he is meant to. */
export const recordings = (ports: Ports) => {
  const studio = createStudio(ports);
  const { store } = studio;
  return {
    of: (caller: Caller): Recordings => recordingsOf(studio, caller),
    ids: (computerId: string): string[] => store.recordings.idsOf(computerId),
    /** Whether a recording of the computer is being made now. */
    isFilmed: (computerId: string): boolean => store.recordings.isFilmed(computerId),
    usedBytes: (keyId: string): number => store.recordings.bytesOf(keyId),
    /** Names this moment in every recording of a computer that runs now, if any: for what is done to it. */
    mark: (computerId: string, title: string): void => markAll(studio, computerId, title),
    expiresAt: (record: RecordingRecord): number | null => expiryOf(record, studio.limits.retentionS),
    /** To be told of every change of a computer. */
    follow: (computer: ComputerRecord) => follow(studio, computer),
    /** To be called once, when the computers are in order. */
    resume: () => resume(studio),
    /** Removes files without a recording. */
    sweep: () => removeOrphans(studio),
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
export type AllRecordings = ReturnType<typeof recordings>;

const markAll = ({ store, sessions }: Studio, computerId: string, title: string): void => {
  // Most actions are not filmed, and need not ask the store.
  if (sessions.size === 0) return;
  for (const { id, status } of store.recordings.ofComputer(computerId)) if (status === "recording") sessions.get(id)?.note(title);
};
