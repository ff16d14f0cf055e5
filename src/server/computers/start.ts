import { rm } from "node:fs/promises";
import { VitrineError } from "../../contract/errors.ts";
import type { Caller } from "../auth/caller.ts";
import type { MachineSpec } from "../machine/machine.ts";
import { boot, machineSpec } from "./boot.ts";
import {
  asVitrineError,
  type Engine,
  isEnding,
  lastErrorOf,
  operate,
  requireIdle,
  type Step,
  tellRestoreFailed,
  update,
} from "./engine.ts";
import { requireQuota, sizeOf } from "./quota.ts";
import type { ComputerRecord } from "./record.ts";
import { restore } from "./restore.ts";
import { requireStatus } from "./state.ts";
import { stateFile } from "./suspended.ts";

/**
 * Starts a computer that does not run: a suspended one goes on where it was, any other boots from its disks. One whose memory cannot be loaded boots as well, and says so in
 * `last_error`. Starting a running one is a success.
 */
export const start = async (engine: Engine, caller: Caller, record: ComputerRecord): Promise<ComputerRecord> => {
  if (record.status === "running") return record;
  requireStatus("start", record.status, ["stopped", "restorable", "error"]);
  requireIdle(engine, record, "start");
  engine.makers.requireRoom();
  const { vcpus, ram_mb } = sizeOf(record.spec);
  requireQuota(engine, caller, { vcpus, ram_mb });
  engine.admit(record);
  const resumes = record.status === "restorable";
  update(engine, record.id, { status: resumes ? "restoring" : "starting" });
  return operate(engine, record.id, "start", async (signal, step) => {
    const leave = await turn(engine, record, signal);
    try {
      await engine.machines.halt(engine.directory(record.id), record.machine);
      const image = record.image ?? (await engine.image(record.spec.template, signal));
      const spec = machineSpec(engine, record, image);
      return resumes ? await resume(engine, record, spec, signal, step) : await boot(engine, record, spec, signal, step);
    } catch (cause) {
      if (isEnding(signal)) throw cause;
      const error = asVitrineError(cause);
      const { status } = engine.store.computers.require(record.id);
      if (status === "starting" || status === "restoring")
        update(engine, record.id, {
          status: "error",
          machine: null,
          suspended: null,
          last_error: lastErrorOf(error),
        });
      throw error;
    } finally {
      leave();
    }
  });
};

/** Waits until it may begin. A computer whose turn does not come is what it was. */
const turn = async (engine: Engine, { id, status }: ComputerRecord, signal: AbortSignal): Promise<() => void> => {
  try {
    return await engine.makers.enter(signal);
  } catch (error) {
    if (!signal.aborted) update(engine, id, { status });
    throw error;
  }
};

const resume = async (
  engine: Engine,
  record: ComputerRecord,
  spec: MachineSpec,
  signal: AbortSignal,
  step: Step,
): Promise<ComputerRecord> => {
  const file = stateFile(spec.dir);
  const memory = record.suspended?.memory ?? null;
  try {
    return await restore(
      engine,
      record,
      spec,
      { state: { file, memory, exact: false }, kind: "resumed", saved: null, shared: false },
      signal,
      step,
    );
  } catch (cause) {
    if (signal.aborted) throw cause;
    tellRestoreFailed(engine, record.id, "resumed", cause);
    await rm(file, { force: true });
    const { message } = asVitrineError(cause);
    const lastError = new VitrineError("memory_lost", { reason: message }, { cause });
    update(engine, record.id, { status: "starting", suspended: null });
    return boot(engine, record, spec, signal, step, lastError);
  }
};
