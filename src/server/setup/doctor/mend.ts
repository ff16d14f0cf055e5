import type { Progress } from "../../progress.ts";
import type { Check, Mend } from "./check.ts";

/** What was mended, or why it could not be. */
export interface Mended {
  /** Of the checks that this was for. */
  names: string[];
  error: string | null;
}

/** Mends what can be mended, in the order of the checks: one work that several ask for is done once, and one that fails is told and keeps no other back. */
export const mendAll = async (checks: readonly Check[], progress: Progress, signal: AbortSignal): Promise<Mended[]> => {
  const asked = new Map<Mend, string[]>();
  for (const { name, mend } of checks) if (mend) asked.set(mend, [...(asked.get(mend) ?? []), name]);
  const mended: Mended[] = [];
  for (const [mend, names] of asked) {
    try {
      await mend(progress, signal);
      mended.push({ names, error: null });
    } catch (error) {
      signal.throwIfAborted();
      mended.push({ names, error: (error as Error).message });
    }
  }
  return mended;
};
