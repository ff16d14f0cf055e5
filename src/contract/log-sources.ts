/** What a computer has logs of: its console, and the services in it. */
export const LOG_SOURCES = ["console", "chromium", "agent", "xvnc", "openbox"] as const;
export type LogSource = (typeof LOG_SOURCES)[number];
