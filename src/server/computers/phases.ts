/** Measures the phases of a start, each from the end of whatever came before it; a phase that comes in two parts is their sum. */
export interface Stopwatch {
  done(phase: string): void;
  /** Milliseconds of each phase so far. */
  readonly phases: Record<string, number>;
  /** Milliseconds since the beginning. */
  total(): number;
}

export const stopwatch = (): Stopwatch => {
  const began = performance.now();
  const phases: Record<string, number> = {};
  let last = began;
  return {
    phases,
    done: (phase) => {
      const now = performance.now();
      phases[phase] = (phases[phase] ?? 0) + Math.round(now - last);
      last = now;
    },
    total: () => Math.round(performance.now() - began),
  };
};
