import { ConnectionError, type ErrorCode, type Status, VitrineError } from "../../../src/client/index.ts";
import type { Before, Fleet, Known } from "./fleet.ts";

/** What a call may be answered, beside what it was made for. */
export interface Terms {
  /** Statuses in which it is not refused for the status; in all others it is. Absent: the status does not matter. */
  needs?: readonly Status[];
  /** Codes that it may be refused with at any time. */
  may?: readonly ErrorCode[];
  /** It takes the guest's agent, its browser or its display. */
  takes?: "agent" | "browser";
  /** It is about what outlives its computer, and is answered for when that is deleted, too. */
  outlives?: true;
}

/** Milliseconds that a guest may need to be itself again after one of its programs was killed, emulated and beside others. */
const RECOVERY_MS = 60_000;

/** Passes by itself, or by Chromium's or the agent's coming back. */
const GUEST_LOSS: readonly string[] = ["guest_unresponsive", "guest_unreachable", "guest_link_lost", "timeout"];
const BROWSER_LOSS: readonly ErrorCode[] = ["browser_unavailable", "display_unavailable", "navigation_failed", "timeout"];
/** What a machine that was killed makes fail. */
const MACHINE_LOSS: readonly string[] = [
  "machine_exited",
  "machine_failed",
  ...GUEST_LOSS,
  ...BROWSER_LOSS,
  "wrong_state",
  "recording_failed",
];

const hurt = (at: number): boolean => Date.now() - at < RECOVERY_MS;

/** Why this is not a lawful answer to a call; null: it is. */
export const unlawful = (
  fleet: Fleet,
  known: Known | null,
  before: Before,
  { needs, may = [], takes, outlives }: Terms,
  error: unknown,
) => {
  const served = fleet.servedSince(before);
  if (error instanceof ConnectionError) return served ? `the connection broke: ${error.message}` : null;
  if (!(error instanceof VitrineError)) return `not an error of the registry: ${String(error).slice(0, 300)}`;
  const { code, status, details } = error;
  if (code === "internal_error") return error.message;
  // The service's own has the id of the request.
  if (code === "timeout" && details.request_id === undefined) return `no answer: ${error.message}`;
  if (may.includes(code)) return null;
  if (!known) return served ? `refused with ${code}: ${error.message}` : null;
  const calm = fleet.calmSince(known, before) && served;
  if (code === "computer_not_found" && !outlives && (known.fate !== "here" || before.fate !== "here")) return null;
  if (code === "wrong_state" && needs) {
    const wanted = before.status !== null && needs.includes(before.status);
    return calm && wanted ? `refused although ${before.status}: ${error.message}` : null;
  }
  if ((!calm || hurt(known.machineHurt)) && MACHINE_LOSS.includes(code)) return null;
  if (takes && hurt(known.agentHurt) && GUEST_LOSS.includes(code)) return null;
  if (takes === "browser" && hurt(Math.max(known.agentHurt, known.browserHurt)) && BROWSER_LOSS.includes(code)) return null;
  return `refused with ${status} ${code}: ${error.message}`;
};
