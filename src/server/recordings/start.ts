import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { VitrineError } from "../../contract/errors.ts";
import type { StartRecording } from "../../contract/recordings.ts";
import { generateId } from "../computers/names.ts";
import { type ComputerRecord, hasDisplay } from "../computers/record.ts";
import { withDeadline } from "../deadline.ts";
import { requireRecordingQuota } from "./quota.ts";
import type { RecordingRecord } from "./record.ts";
import { remove } from "./remove.ts";
import { shoot } from "./shoot.ts";
import type { Session, Studio } from "./studio.ts";

/** Recordings of one computer at once; each has an encoder of its own. */
const MAX_AT_ONCE = 4;
const FIRST_PICTURE_MS = 30_000;

/** Writes a recording down and begins to film. Errors: quota_exceeded. */
export const begin = async (
  studio: Studio,
  computer: ComputerRecord,
  spec: StartRecording,
  automatic: 0 | 1,
): Promise<{ record: RecordingRecord; session: Session }> => {
  const { store, root } = studio;
  requireRecordingQuota(studio, computer.key_id);
  const record: RecordingRecord = {
    id: generateId("rec"),
    computer_id: computer.id,
    computer_name: computer.name,
    key_id: computer.key_id,
    status: "recording",
    automatic,
    spec,
    width: null,
    height: null,
    started_at: new Date().toISOString(),
    ended_at: null,
    end_reason: null,
    duration_ms: null,
    size_bytes: 0,
    frames: 0,
    dropped_frames: 0,
    chapters: [],
    error: null,
    encoder: null,
  };
  store.recordings.insert(record);
  studio.fault("record:directory");
  await mkdir(join(root, record.id), { mode: 0o700 });
  studio.fault("record:film");
  const session = shoot(studio, record);
  const started = {
    type: "recording.started",
    computer_id: computer.id,
    data: { recording_id: record.id, automatic: automatic === 1 },
  } as const;
  session.first.then(
    () => studio.emit(started),
    () => {},
  );
  return { record, session };
};

/**
 * Starts a recording; resolves with the first picture. On failure nothing of it is left. Errors: wrong_state, no_display, display_unavailable,
 * capacity_exceeded, host_disk_low, quota_exceeded, timeout.
 */
export const start = async (
  studio: Studio,
  computer: ComputerRecord,
  spec: StartRecording,
  signal: AbortSignal,
): Promise<RecordingRecord> => {
  const { store } = studio;
  if (!hasDisplay(computer)) throw new VitrineError("no_display");
  const current = store.recordings.ofComputer(computer.id).filter(({ status }) => status === "recording").length;
  if (current >= MAX_AT_ONCE) throw new VitrineError("capacity_exceeded", { reason: `${current} recordings of this computer run already` });
  studio.requireDisk();
  const { record, session } = await begin(studio, computer, spec, 0);
  try {
    await withDeadline("The first picture", FIRST_PICTURE_MS, signal, () => session.first);
  } catch (error) {
    await remove(studio, record.id);
    throw error;
  }
  return store.recordings.get(record.id) ?? record;
};
