/** How often an event is sent that is not taken, and how long after each time it is sent again; in milliseconds. */
export interface Schedule {
  attempts: number;
  firstMs: number;
  longestMs: number;
}

/** Sixteen times within four hours. */
export const SCHEDULE: Schedule = { attempts: 16, firstMs: 1000, longestMs: 3600_000 };

/** Milliseconds to wait after this many attempts, each wait twice the one before; null: no more. */
export const waitAfter = ({ attempts, firstMs, longestMs }: Schedule, failed: number): number | null =>
  failed >= attempts ? null : Math.min(firstMs * 2 ** (failed - 1), longestMs);
