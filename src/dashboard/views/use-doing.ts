import { useState } from "preact/hooks";
import { wordsOf } from "../state/api.ts";

/** Runs work that a person asked for, one at a time: whether it is under way, why it failed, and that in words. */
export const useDoing = () => {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const run = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };
  return { busy, error, problem: error === null ? "" : wordsOf(error), run, forget: () => setError(null) };
};
