import { VitrineError } from "../../../contract/errors.ts";
import type { MachineSpec } from "../../machine/machine.ts";
import { machineSpec } from "../boot.ts";
import type { Engine } from "../engine.ts";

/** The spec of a computer that does not run, and of whose machine nothing is left, so that its disks may be worked on. */
export const haltedSpec = async (engine: Engine, id: string): Promise<MachineSpec> => {
  const record = engine.store.computers.require(id);
  if (!record.image) throw new VitrineError("wrong_state", { status: record.status, verb: "a snapshot", needs: "made whole once" });
  await engine.machines.halt(engine.directory(id), record.machine);
  return machineSpec(engine, record, record.image);
};
