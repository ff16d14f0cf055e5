import { useEffect, useState } from "preact/hooks";
import { wordsOf } from "../state/api.ts";
import { returns } from "../state/fleet.ts";

/** What `load` answers, loaded anew whenever one of `causes` changes, and when the service is back; why it could not be had, and that in words. */
export const useLoaded = <T>(
  load: (signal: AbortSignal) => Promise<T>,
  causes: readonly unknown[],
): { value: T | null; error: unknown; problem: string } => {
  const [value, setValue] = useState<T | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    const abort = new AbortController();
    load(abort.signal).then(
      (loaded) => {
        if (abort.signal.aborted) return;
        setValue(loaded);
        setError(null);
      },
      (failure) => {
        if (!abort.signal.aborted) setError(failure);
      },
    );
    return () => abort.abort();
  }, [...causes, returns.value]);
  return { value, error, problem: error === null ? "" : wordsOf(error) };
};
