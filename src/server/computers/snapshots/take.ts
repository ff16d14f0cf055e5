import { VitrineError } from "../../../contract/errors.ts";
import { MAX_SNAPSHOTS, type Snapshot } from "../../../contract/snapshots.ts";
import { type Engine, operate, reached, requireIdle } from "../engine.ts";
import { generateId } from "../names.ts";
import type { ComputerRecord } from "../record.ts";
import { requireStatus } from "../state.ts";
import { sync } from "../sync.ts";
import { drop } from "./drop.ts";
import { haltedSpec } from "./halted.ts";

/** Milliseconds for the guest to write down what it has not yet. */
const SYNC_MS = 60_000;

/** Keeps what the workspace of a computer is now. Of a suspended one that is what was on its disk, which the suspend has synced if the guest answered. */
export const take = async (engine: Engine, record: ComputerRecord, { name = null }: { name?: string | null }): Promise<Snapshot> => {
  requireStatus("snapshot", record.status, ["running", "restorable", "stopped", "error"]);
  requireIdle(engine, record, "snapshot");
  const { snapshots } = engine.store;
  if (snapshots.ids(record.id).length >= MAX_SNAPSHOTS) throw new VitrineError("too_many_snapshots", { limit: MAX_SNAPSHOTS });
  return operate(engine, record.id, "snapshot", async (signal, step) => {
    const live = reached(engine, record.id, "snapshot");
    // All that was written until now is to be in it, not only what was acknowledged as being on the disk.
    if (live) await sync(live, { user: "ohm", paths: ["."], ms: SYNC_MS }, signal);
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
