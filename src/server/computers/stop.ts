import { VitrineError } from "../../contract/errors.ts";
import { detach } from "./attach.ts";
import { type Engine, type Live, operate, update } from "./engine.ts";
import type { ComputerRecord } from "./record.ts";
import { requireStatus } from "./state.ts";

/** Milliseconds for the guest to end its services and power off, before it is switched off. */
const POWER_OFF_MS = 60_000;

/** Shuts a running computer down; its disks stay. Stopping a stopped one is a success. */
export const stop = async (engine: Engine, idOrName: string, mode?: "suspend" | "shutdown"): Promise<ComputerRecord> => {
  if (mode === "suspend")
    throw new VitrineError("unsupported_option", {
      option: "mode 'suspend'",
      reason: "this release keeps files, not memory; use 'shutdown'",
    });
  const record = engine.store.computers.require(idOrName);
  if (record.status === "stopped") return record;
  requireStatus("stop", record.status, ["running"]);
  const live = engine.live.get(record.id);
  update(engine, record.id, { status: "stopping" });
  return operate(engine, record.id, "stop", async (signal) => {
    if (live) await powerOff(engine, record.id, live, signal);
    if (signal.aborted) throw new VitrineError("wrong_state", { status: "deleting", verb: "stop", needs: "left alone" });
    return update(engine, record.id, { status: "stopped", machine: null, stopped_at: new Date().toISOString() });
  });
};

const powerOff = async (engine: Engine, id: string, live: Live, parent: AbortSignal): Promise<void> => {
  const signal = AbortSignal.any([parent, AbortSignal.timeout(POWER_OFF_MS)]);
  const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  try {
    await live.guest.powerOff(signal);
    await Promise.race([live.machine.exited, aborted]);
  } catch (error) {
    engine.log.warn({ computer: id, err: error }, "guest does not power off by itself");
  }
  detach(engine, id, live);
  await live.machine.kill();
};
