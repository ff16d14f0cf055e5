import type { Status } from "../../contract/computer.ts";
import { VitrineError } from "../../contract/errors.ts";

/** Which status may follow which. `restoring` and `restorable` are those of a computer whose memory is kept. */
const NEXT: Record<Status, readonly Status[]> = {
  creating: ["running", "deleting", "error"],
  running: ["stopping", "stopped", "deleting", "error"],
  // A suspend that fails leaves it running.
  stopping: ["stopped", "restorable", "running", "deleting", "error"],
  stopped: ["starting", "deleting"],
  starting: ["running", "stopped", "deleting", "error"],
  // What cannot be restored is started from its disks.
  restoring: ["running", "starting", "restorable", "stopped", "deleting", "error"],
  restorable: ["restoring", "stopped", "deleting", "error"],
  deleting: ["deleted"],
  deleted: [],
  // It is stopped when its workspace is made what it was.
  error: ["starting", "stopped", "deleting"],
};

export const mayFollow = (from: Status, to: Status): boolean => NEXT[from].includes(to);

/** Throws wrong_state, which tells the present state and what the verb needs. */
export const requireStatus = (verb: string, status: Status, allowed: readonly Status[]): void => {
  if (!allowed.includes(status)) throw new VitrineError("wrong_state", { status, verb, needs: allowed.join(" or ") });
};
