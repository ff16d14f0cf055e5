/** One line of a benchmark: figures in `unit`, and the baseline's of the same run. */
export interface Row {
  name: string;
  unit: "ms" | "MB/s" | "kB" | "MiB" | "count" | "of 8" | "fps" | "% of a core";
  values: number[];
  baseline?: { name: string; values: number[] };
}

export const percentile = (values: readonly number[], p: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN;
};

const figure = (value: number): string => (Number.isNaN(value) ? "" : value >= 100 ? value.toFixed(0) : value.toFixed(1));

/** The rows as people read them. */
export const table = (rows: readonly Row[]): string => {
  const head = ["what", "n", "p50", "p95", "unit", "beside", "p50", "ratio"];
  const cells = rows.map(({ name, unit, values, baseline }) => {
    const base = baseline ? percentile(baseline.values, 50) : Number.NaN;
    const p50 = percentile(values, 50);
    const ratio = baseline ? (p50 / base).toFixed(2) : "";
    return [name, String(values.length), figure(p50), figure(percentile(values, 95)), unit, baseline?.name ?? "", figure(base), ratio];
  });
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => (row[i] as string).length)));
  return [head, ...cells]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] as number))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
};
