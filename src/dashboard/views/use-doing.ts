import { useState } from "preact/hooks";
import { wordsOf } from "../state/api.ts";

/** Runs work that a person asked for, one at a time: whether it is under way, and in words why it failed. */
export const useDoing = () => {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const run = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setProblem("");
    try {
      await work();
    } catch (error) {
      setProblem(wordsOf(error));
    }
    setBusy(false);
  };
  return { busy, problem, run };
};
