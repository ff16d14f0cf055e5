import type { Gauge, Sample } from "./gauges.ts";

/** Two medians of one gauge, the second taken later. It is flat when that is at most `most`. */
export interface Slope {
  what: string;
  earlier: number;
  later: number;
  most: number;
}

/** What a gauge may have grown by and still be flat: a tenth of what it was, and this. Of a full soak, a leak of 300 KiB or a quarter of a descriptor each second is more. */
const SLACK: Record<Gauge, number> = { rss_mib: 12, fds: 12, threads: 4, store_mib: 2 };
const GROWTH = 1.1;

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const slope = (gauge: Gauge, where: string, earlier: Sample[], later: Sample[]): Slope => {
  const of = (samples: Sample[]) => median(samples.map((sample) => sample[gauge]));
  const first = of(earlier);
  return { what: `${gauge} ${where}`, earlier: first, later: of(later), most: first * GROWTH + SLACK[gauge] };
};

const between = (samples: Sample[], from: number, to: number) => samples.filter(({ at }) => at >= from && at < to);

/**
 * A service that is killed begins anew, so its memory, files and threads are compared within its last life, which is the last two fifths of the soak: the second half of it with the
 * first, less the start. The store outlives it: the last quarter of the soak with the third.
 */
export const slopes = (samples: Sample[]): Slope[] => {
  const end = samples.at(-1)?.at ?? 0;
  const last = samples.filter(({ life }) => life === samples.at(-1)?.life);
  // Its start, and what it takes until all kinds of calls were made once.
  const from = (last[0]?.at ?? 0) + (end - (last[0]?.at ?? 0)) / 4;
  const middle = (from + end) / 2;
  return [
    ...(["rss_mib", "fds", "threads"] as const).map((gauge) =>
      slope(gauge, "of the last life", between(last, from, middle), between(last, middle, end + 1)),
    ),
    slope("store_mib", "of the soak", between(samples, end / 2, (end * 3) / 4), between(samples, (end * 3) / 4, end + 1)),
  ];
};

export const isFlat = ({ later, most }: Slope): boolean => later <= most;
