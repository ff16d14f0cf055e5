import type { Feed } from "./feed.ts";
import type { CdpSession } from "./ports.ts";

interface Remote {
  type: string;
  value?: unknown;
  unserializableValue?: string;
  description?: string;
}

/** An argument as the console would show it. */
const shown = ({ type, value, unserializableValue, description }: Remote): string => {
  if (type === "string") return String(value);
  if (unserializableValue !== undefined) return unserializableValue;
  if (value !== undefined) return JSON.stringify(value);
  return description ?? type;
};

/** Notes what the page logs and what it throws. Answers the way to stop. */
export const listenToConsole = (session: CdpSession, feed: Feed): (() => void) => {
  const stops = [
    session.on("Runtime.consoleAPICalled", ({ type, args }) =>
      feed.add(`${type === "warning" ? "warn" : type}: ${(args as Remote[]).slice(0, 20).map(shown).join(" ")}`),
    ),
    session.on("Runtime.exceptionThrown", ({ exceptionDetails: { exception, text, url, lineNumber } }) =>
      feed.add(`exception: ${exception?.description ?? text}${url ? ` (${url}:${lineNumber + 1})` : ""}`),
    ),
    session.on("Log.entryAdded", ({ entry: { level, text, url } }) => feed.add(`${level}: ${text}${url ? ` (${url})` : ""}`)),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};
