import { VitrineError } from "../../contract/errors.ts";
import { MIB, type Studio } from "./studio.ts";

/** The bytes that a key's recordings may take, and do; null: no limit, or none of its own. */
const quotaOf = ({ store }: Pick<Studio, "store">, keyId: string | null): { limit: number; used: number } | null => {
  const limit = keyId === null ? null : (store.keys.get(keyId)?.max_recording_mb ?? null);
  return keyId === null || limit === null ? null : { limit: limit * MIB, used: store.recordings.bytesOf(keyId) };
};

/** Throws quota_exceeded when the key's recordings take all that they may. */
export const requireRecordingQuota = (studio: Pick<Studio, "store">, keyId: string | null): void => {
  const quota = quotaOf(studio, keyId);
  if (!quota || quota.used < quota.limit) return;
  const used = Math.ceil(quota.used / MIB);
  throw new VitrineError("quota_exceeded", { limit: quota.limit / MIB, what: "MiB of recordings", wanted: `more than ${used}`, used });
};

export const isOverQuota = (studio: Pick<Studio, "store">, keyId: string | null): boolean => {
  const quota = quotaOf(studio, keyId);
  return quota !== null && quota.used >= quota.limit;
};
