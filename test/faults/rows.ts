import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A line of the table that the fault tests print. */
export interface FaultRow {
  /** `F1` to `F24` are the faults, `B1` to `B14` the bad inputs, `K…` the kills between two steps, `S…` the rest. */
  id: string;
  what: string;
  expected: string;
  /** What the test saw; for one that was not run, why. */
  seen: string;
  outcome: "passed" | "failed" | "skipped";
}

export const writeRow = (dir: string, row: FaultRow): void =>
  writeFileSync(join(dir, `${encodeURIComponent(row.id)}.json`), JSON.stringify(row));

const byId = (a: FaultRow, b: FaultRow) => a.id.localeCompare(b.id, "en", { numeric: true });

export const printTable = (dir: string): void => {
  const rows = readdirSync(dir)
    .map((file) => JSON.parse(readFileSync(join(dir, file), "utf8")) as FaultRow)
    .sort(byId);
  if (rows.length === 0) return;
  console.log("\n| id | fault | expected | seen | outcome |\n| --- | --- | --- | --- | --- |");
  for (const { id, what, expected, seen, outcome } of rows) console.log(`| ${id} | ${what} | ${expected} | ${seen} | ${outcome} |`);
};
