import { type Logger, pino } from "pino";

const WARN = 40;

/** A logger whose lines are kept for the benchmark to read; what is out of order is shown. */
export const logTo = (lines: Record<string, unknown>[]): Logger =>
  pino(
    { level: "info" },
    {
      write: (text: string) => {
        const line = JSON.parse(text);
        lines.push(line);
        if (line.level >= WARN) console.error(text.trimEnd());
      },
    },
  );
