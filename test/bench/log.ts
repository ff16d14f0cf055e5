import { type Logger, pino } from "pino";

/** A logger whose lines are kept for the benchmark to read. */
export const logTo = (lines: Record<string, unknown>[]): Logger =>
  pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
