import { VitrineError } from "../../contract/errors.ts";
import { withDeadline } from "../deadline.ts";
import type { Live } from "./engine.ts";

/** Has a guest put what its programs have written on the disks that the paths lie on, within `ms` milliseconds. Throws machine_failed when it cannot, timeout. */
export const sync = (
  { guest }: Live,
  { user, paths, ms }: { user: "ohm" | "root"; paths: readonly string[]; ms: number },
  signal: AbortSignal,
): Promise<void> =>
  withDeadline("The writing of what the computer holds to its disks", ms, signal, async (until) => {
    const { exit_code, stderr } = await guest.exec({ argv: ["sync", "-f", ...paths], user, timeout_ms: ms }, until);
    if (exit_code !== 0) throw new VitrineError("machine_failed", { reason: `its disks cannot be written: ${stderr.slice(0, 200)}` });
  });
