/** What may be left by a service that was killed: a VMM, a computer's directory, a file in one, a recording's directory, half a profile, a template or an image that nobody builds any more. */
export const ORPHAN_KINDS = ["process", "directory", "file", "recording", "profile", "template", "image"] as const;
export type OrphanKind = (typeof ORPHAN_KINDS)[number];

/** Told of each thing without an owner that was removed. */
export type OnOrphan = (kind: OrphanKind) => void;

export interface Sweeper {
  /** Each removes what has no owner, and nothing that a verb under way is using; it may be called at any time. */
  sweeps: readonly (() => Promise<void>)[];
  /** Milliseconds between two rounds. */
  everyMs: number;
  log: { error(details: object, message: string): void };
}

/** Goes round now and from time to time, one round at a time. Answers a function that ends it, and resolves when no round is under way. */
export const startSweeper = ({ sweeps, everyMs, log }: Sweeper): (() => Promise<void>) => {
  let round: Promise<void> | null = null;
  const go = (): void => {
    round ??= (async () => {
      for (const sweep of sweeps)
        await sweep().catch((error: unknown) => log.error({ err: error }, "what has no owner could not be removed"));
      round = null;
    })();
  };
  const timer = setInterval(go, everyMs).unref();
  go();
  return async () => {
    clearInterval(timer);
    await round;
  };
};
