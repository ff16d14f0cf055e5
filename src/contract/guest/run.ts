/**
 * Files of the running guest that its session scripts write and the agent reads, all in RUN_DIR. Each is made whole: written beside and renamed,
 * save the log, which grows.
 *
 * Chromium does not write DevToolsActivePort when it is given a fixed port; the event that says its DevTools server listens is the line
 * `DevTools listening on ws://...` in its log.
 */
export const RUN_DIR = "/run/vitrine";
export const RUN_FILES = {
  /** BootConfig as JSON, mode 0600, root's. */
  config: "config.json",
  /** SessionConfig as KEY='value' lines. */
  session: "session.env",
  /** There once the host reaches DIRECT_PORTS. */
  ports: "ports",
  /** There while the X server accepts connections. */
  display: "display",
  /** How often the window manager has been started, as a decimal number. */
  managerStarts: "openbox.starts",
  /** How often Chromium has been started, as a decimal number; written just before each start. */
  starts: "chromium.starts",
  /** There when Chromium is not started any more; holds the last words of its log. */
  failed: "chromium.failed",
  /** What the running Chromium writes to stderr; emptied before each start, before `starts` is written. */
  log: "chromium.log",
} as const;
