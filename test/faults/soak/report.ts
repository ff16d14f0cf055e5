import { isFlat, type Slope } from "./flat.ts";
import type { Tally } from "./tally.ts";

export interface Report {
  seed: number;
  clients: number;
  seconds: number;
  operations: Tally;
  kills: Tally;
  /** Changes of status that were followed. */
  changes: number;
  slopes: Slope[];
  violations: string[];
}

const lines = (head: string[], rows: string[][]): string[] =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);

const tallied = (tally: Tally, head: string): string[] =>
  lines(
    [head, "times", "of these"],
    tally.rows().map(({ what, total, outcomes }) => [
      what,
      String(total),
      Object.entries(outcomes)
        .sort(([, a], [, b]) => b - a)
        .map(([outcome, count]) => `${outcome} ${count}`)
        .join(", "),
    ]),
  );

/** The report as tables. */
export const tables = ({ seed, clients, seconds, operations, kills, changes, slopes, violations }: Report): string =>
  [
    `Seed ${seed}: ${operations.total()} calls of ${clients} clients in ${seconds.toFixed(0)} s; ${changes} changes of status.`,
    "",
    ...tallied(operations, "calls"),
    "",
    ...tallied(kills, "chaos"),
    "",
    ...lines(
      ["gauge", "earlier", "later", "may be", ""],
      slopes.map((slope) => [
        slope.what,
        ...[slope.earlier, slope.later, slope.most].map((value) => value.toFixed(1)),
        isFlat(slope) ? "flat" : "GROWS",
      ]),
    ),
    "",
    violations.length === 0 ? "Every promise held, and nothing is left." : `${violations.length} violations:`,
    ...violations.map((violation) => `- ${violation}`),
  ].join("\n");
