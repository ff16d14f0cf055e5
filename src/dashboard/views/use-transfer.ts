import { useEffect, useRef, useState } from "preact/hooks";
import { wordsOf } from "../state/api.ts";
import type { OnBytes } from "../state/transfer.ts";

/** What is under way, for a person to see. */
export interface Transfer {
  /** What it is called. */
  name: string;
  /** So far, and in all where that is known. */
  bytes: number;
  total: number | null;
}

/** Runs one long transfer at a time: how far it is, and the means to cancel it. It ends with the view that began it. */
export const useTransfer = () => {
  const [transfer, setTransfer] = useState<Transfer | null>(null);
  const [problem, setProblem] = useState("");
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);

  /** Answers whether it was done; when it was not, `problem` says why. */
  const run = async (
    { name, total }: Pick<Transfer, "name" | "total">,
    work: (onBytes: OnBytes, signal: AbortSignal) => Promise<void>,
  ): Promise<boolean> => {
    const mine = new AbortController();
    abort.current = mine;
    setProblem("");
    setTransfer({ name, bytes: 0, total });
    try {
      await work((bytes) => setTransfer({ name, bytes, total }), mine.signal);
      return true;
    } catch (error) {
      setProblem(mine.signal.aborted ? `${name} was cancelled.` : `${name}: ${wordsOf(error)}`);
      return false;
    } finally {
      setTransfer(null);
    }
  };
  return { transfer, problem, run, cancel: () => abort.current?.abort() };
};
