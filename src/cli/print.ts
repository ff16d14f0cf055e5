import type { Cli } from "./cli.ts";

/** Text from a guest or a stranger, without what a terminal would obey. */
export const plain = (text: string): string => text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "\uFFFD");

/** Rows below headings, in columns. */
export const table = (headings: readonly string[], rows: readonly (readonly string[])[]): string => {
  const all = [headings, ...rows].map((row) => row.map((cell) => plain(cell).replace(/\s+/g, " ")));
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
};

/** One `name  value` line for each entry; what is null or empty is left out. */
export const fields = (entries: Readonly<Record<string, unknown>>): string => {
  const shown = Object.entries(entries).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${plain(String(value))}`).join("\n");
};

/** One answer on stdout: the value as JSON with --json, otherwise as a person reads it. */
export const print = (cli: Cli, value: unknown, human: string): void => {
  const text = cli.json() ? JSON.stringify(value, null, 2) : human;
  if (text !== "") cli.stdout.write(`${text}\n`);
};
