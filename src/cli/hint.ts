import { VitrineError } from "../client/index.ts";

const ASLEEP: readonly unknown[] = ["stopped", "restorable", "error"];

/** What to do about an error on the command line, where the service's words leave that open. */
export const hintFor = (error: unknown): string => {
  if (!(error instanceof VitrineError) || error.code !== "wrong_state") return "";
  const { status, needs } = error.details;
  return needs === "running" && ASLEEP.includes(status) ? " Start it with `vitrine computer start`." : "";
};
