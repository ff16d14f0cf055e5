import type { Progress } from "../../progress.ts";

/** Does what `fix` says. */
export type Mend = (progress: Progress, signal: AbortSignal) => Promise<unknown>;

/** One thing that was looked at. */
export interface Check {
  name: string;
  ok: boolean;
  /** False: the service runs without it, and loses something. */
  needed: boolean;
  /** What is there. */
  found: string;
  /** What it is for, or why it was judged so. */
  why: string;
  /** What to do when it is not ok. */
  fix?: string;
  /** Where the service can do that by itself. */
  mend?: Mend;
}

/** Nothing that is needed is missing. */
export const isFit = (checks: readonly Check[]): boolean => checks.every((check) => check.ok || !check.needed);
