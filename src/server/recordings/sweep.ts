import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { VitrineError } from "../../contract/errors.ts";
import { VIDEO } from "./produce.ts";
import type { RecordingRecord } from "./record.ts";
import { isOpen, MIB, type Studio } from "./studio.ts";

const MAX_DELAY_MS = 2 ** 31 - 1;

/** When a finished recording is removed, or null while it is made. Milliseconds since the epoch. */
export const expiryOf = ({ ended_at, status }: Pick<RecordingRecord, "ended_at" | "status">, retentionS: number): number | null =>
  ended_at === null || isOpen({ status }) ? null : Date.parse(ended_at) + retentionS * 1000;

/** Removes a recording's row, then its files: what is left in between is an orphan, which is swept. */
export const discard = async ({ store, root, fault }: Studio, id: string): Promise<void> => {
  store.recordings.remove(id);
  fault("erase:files");
  await rm(join(root, id), { recursive: true, force: true });
};

/** Removes what is too old, then, while all of them take too much, those that ended first. Sets the timer for the next time. */
export const sweep = async (studio: Studio): Promise<void> => {
  const { store, limits, log } = studio;
  const quota = limits.quotaMb * MIB;
  let bytes = store.recordings.totalBytes();
  for (const record of store.recordings.finished()) {
    const isOld = (expiryOf(record, limits.retentionS) as number) <= Date.now();
    if (!isOld && bytes <= quota) continue;
    log.info({ recording: record.id, computer: record.computer_id }, isOld ? "recording is too old" : "recording makes room");
    await discard(studio, record.id);
    bytes -= record.size_bytes;
  }
  // What is still being made cannot be removed, but the largest of it can end.
  if (bytes > quota) {
    const [largest] = store.recordings.unfinished().sort((a, b) => b.size_bytes - a.size_bytes);
    if (largest) studio.sessions.get(largest.id)?.end("quota");
  }
  arm(studio);
};

const arm = (studio: Studio): void => {
  clearTimeout(studio.timer);
  const [oldest] = studio.store.recordings.finished();
  if (!oldest || studio.closing) return;
  const due = (expiryOf(oldest, studio.limits.retentionS) as number) - Date.now();
  const look = () => void sweep(studio).catch((error) => studio.log.error({ err: error }, "old recordings could not be removed"));
  studio.timer = setTimeout(look, Math.min(Math.max(due, 1000), MAX_DELAY_MS)).unref();
};

/** Removes directories without a row, and says of a row without its video that it failed. */
export const removeOrphans = async ({ store, root, log, orphaned }: Studio): Promise<void> => {
  // A row is written before its directory is made, so the directories are looked at first.
  const orphans = (await readdir(root)).filter((name) => !store.recordings.get(name));
  for (const name of orphans) {
    log.warn({ recording: name }, "files without a recording are removed");
    await rm(join(root, name), { recursive: true, force: true });
    orphaned("recording");
  }
  for (const { id, status } of store.recordings.finished()) {
    if (status !== "ready" || existsSync(join(root, id, VIDEO))) continue;
    const error = new VitrineError("recording_failed", { reason: "its file is gone" });
    store.recordings.patch(id, { status: "failed", size_bytes: 0, error: { code: error.code, message: error.message } });
  }
};
