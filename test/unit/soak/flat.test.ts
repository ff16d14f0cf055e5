import { expect, test } from "vitest";
import { isFlat, slopes } from "../../faults/soak/flat.ts";
import type { Sample } from "../../faults/soak/gauges.ts";

/** Ten minutes, a sample every two seconds, with a service that is killed every 100 s until the last two fifths. */
const samples = (change: (at: number, age: number) => Partial<Sample>): Sample[] =>
  Array.from({ length: 300 }, (_, i) => {
    const at = i * 2000;
    const life = Math.min(Math.floor(at / 100_000), 3);
    const age = at - life * 100_000;
    return { at, life, age, rss_mib: 180 + (i % 7) * 5, fds: 40 + (i % 5), threads: 11, store_mib: 5, ...change(at, age) };
  });

const growing = (all: Sample[]): string[] =>
  slopes(all)
    .filter((slope) => !isFlat(slope))
    .map(({ what }) => what);

test("what only wavers, or begins small in each life, is flat", () => {
  expect(growing(samples(() => ({})))).toEqual([]);
  expect(growing(samples((_at, age) => ({ rss_mib: Math.min(200, 100 + age / 200) })))).toEqual([]);
});

test("what grows with each operation is not", () => {
  // Each second: half a MiB, a third of a descriptor, a tenth of a thread.
  const leak = (age: number) => ({ rss_mib: 180 + age / 2000, fds: 40 + age / 3000, threads: 11 + age / 10_000 });
  expect(growing(samples((_at, age) => leak(age)))).toEqual([
    "rss_mib of the last life",
    "fds of the last life",
    "threads of the last life",
  ]);
  expect(growing(samples((at) => ({ store_mib: at / 20_000 })))).toEqual(["store_mib of the soak"]);
});
