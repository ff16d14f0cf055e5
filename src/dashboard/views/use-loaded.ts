import { useEffect, useState } from "preact/hooks";
import { wordsOf } from "../state/api.ts";

/** What `load` answers, loaded anew whenever one of `causes` changes; and in words why it could not be had. */
export const useLoaded = <T>(
  load: (signal: AbortSignal) => Promise<T>,
  causes: readonly unknown[],
): { value: T | null; problem: string } => {
  const [value, setValue] = useState<T | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const abort = new AbortController();
    load(abort.signal).then(
      (loaded) => {
        if (abort.signal.aborted) return;
        setValue(loaded);
        setProblem("");
      },
      (error) => {
        if (!abort.signal.aborted) setProblem(wordsOf(error));
      },
    );
    return () => abort.abort();
  }, causes);
  return { value, problem };
};
