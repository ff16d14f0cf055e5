import { VitrineError } from "../../../contract/errors.ts";
import { MAX_SNAPSHOTS, type Snapshot } from "../../../contract/snapshots.ts";
import { withDeadline } from "../../deadline.ts";
import { type Engine, type Live, operate, reached, requireIdle } from "../engine.ts";
import { generateId } from "../names.ts";
import type { ComputerRecord } from "../record.ts";
import { requireStatus } from "../state.ts";
import { drop } from "./drop.ts";
import { haltedSpec } from "./halted.ts";

/** Milliseconds for the guest to write down what it has not yet. */
const SYNC_MS = 60_000;

/** All that was written until now is to be in it, not only what was acknowledged as being on the disk. */
const sync = ({ guest }: Live, signal: AbortSignal): Promise<void> =>
  withDeadline("The writing of the workspace to its disk", SYNC_MS, signal, async (until) => {
    const { exit_code, stderr } = await guest.exec({ argv: ["sync", "-f", "."], user: "ohm", timeout_ms: SYNC_MS }, until);
    if (exit_code !== 0) throw new VitrineError("machine_failed", { reason: `its workspace cannot be written: ${stderr.slice(0, 200)}` });
  });

/** Keeps what the workspace of a computer is now. Of a suspended one that is what was on its disk: what its memory has yet to write is not in it. */
export const take = async (engine: Engine, record: ComputerRecord, { name = null }: { name?: string | null }): Promise<Snapshot> => {
  requireStatus("snapshot", record.status, ["running", "restorable", "stopped", "error"]);
  requireIdle(engine, record, "snapshot");
  const { snapshots } = engine.store;
  if (snapshots.ids(record.id).length >= MAX_SNAPSHOTS) throw new VitrineError("too_many_snapshots", { limit: MAX_SNAPSHOTS });
  return operate(engine, record.id, "snapshot", async (signal, step) => {
    const live = reached(engine, record.id, "snapshot");
    if (live) await sync(live, signal);
    const snapshot: Snapshot = {
      id: generateId("snp"),
      computer_id: record.id,
      name,
      created_at: new Date().toISOString(),
      size_bytes: engine.machines.bytesOf(engine.directory(record.id), "workspace"),
      workspace_quota_mb: record.spec.workspace_quota_mb,
    };
    snapshots.insert(snapshot);
    step("written");
    try {
      if (live) await live.machine.takeSnapshot("workspace", snapshot.id);
      else await engine.machines.snapshots.take(await haltedSpec(engine, record.id), "workspace", snapshot.id, signal);
    } catch (error) {
      // Should that fail, too, it stays written down as partial, and the next start of the service removes it.
      if (!signal.aborted) await drop(engine, record.id, snapshot.id, signal, () => {}).catch(() => {});
      throw error;
    }
    step("taken");
    snapshots.mark(snapshot.id, "whole");
    return snapshot;
  });
};
