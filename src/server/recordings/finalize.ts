import { join } from "node:path";
import { VitrineError } from "../../contract/errors.ts";
import { produce } from "./produce.ts";
import type { EndReason, RecordingRecord } from "./record.ts";
import { bytesIn } from "./segments.ts";
import type { Studio } from "./studio.ts";
import { sweep } from "./sweep.ts";

/** Finalizations at once; each reads and writes a whole video. */
const SLOTS = 2;

/** Runs `work` when fewer than SLOTS others do. */
const inTurn = async <T>({ slots }: Studio, work: () => Promise<T>): Promise<T> => {
  if (slots.busy >= SLOTS) await new Promise<void>((resolve) => slots.waiting.push(resolve));
  else slots.busy++;
  try {
    return await work();
  } finally {
    // A slot is handed on; it is not free in between.
    const next = slots.waiting.shift();
    if (next) next();
    else slots.busy--;
  }
};

/** Makes the video of a recording that has ended. It may be broken off, and is then done again by the next service. Never rejects. */
export const finalize = async (studio: Studio, id: string, signal: AbortSignal, reason?: EndReason, failure?: unknown): Promise<void> => {
  const { store, log, root } = studio;
  const dir = join(root, id);
  const begun = store.recordings.get(id);
  if (!begun) return;
  const record = store.recordings.patch(id, {
    status: "finalizing",
    encoder: null,
    ended_at: begun.ended_at ?? new Date().toISOString(),
    end_reason: begun.end_reason ?? reason ?? "stopped",
    ...(failure !== undefined && { error: errorOf(failure) }),
  }) as RecordingRecord;
  studio.fault("finalize:begin");
  try {
    const produced = await inTurn(studio, () => {
      signal.throwIfAborted();
      return produce(dir, record.chapters, signal, () => studio.fault("finalize:joined"));
    });
    studio.fault("finalize:produced");
    store.recordings.patch(id, { status: "ready", ...produced });
  } catch (cause) {
    if (signal.aborted) return;
    log.error({ recording: id, err: cause }, "recording could not be finalized");
    const size_bytes = await bytesIn(dir).catch(() => 0);
    store.recordings.patch(id, { status: "failed", error: record.error ?? errorOf(cause), size_bytes });
  }
  tellEnd(studio, id);
  await sweep(studio);
};

const tellEnd = ({ store, emit }: Studio, id: string): void => {
  const record = store.recordings.get(id);
  if (!record) return;
  const { computer_id, status, end_reason, duration_ms, size_bytes, dropped_frames } = record;
  const duration_s = (duration_ms ?? 0) / 1000;
  const data = { recording_id: id, status, end_reason, duration_s, size_bytes, dropped_frames };
  emit({ type: "recording.ended", computer_id, data });
};

const errorOf = (cause: unknown): { code: string; message: string } => {
  const error =
    cause instanceof VitrineError
      ? cause
      : new VitrineError("recording_failed", { reason: cause instanceof Error ? cause.message.slice(0, 500) : String(cause) });
  return { code: error.code, message: error.message };
};
