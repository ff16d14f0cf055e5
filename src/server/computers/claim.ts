import { isDeepStrictEqual } from "node:util";
import { withDeadline } from "../deadline.ts";
import { shapeOf, withCommonViewport } from "../templates/shape.ts";
import { machineSpec } from "./boot.ts";
import { bringUp } from "./bring-up.ts";
import type { Engine, Step, Waiting } from "./engine.ts";
import { stopwatch } from "./phases.ts";
import type { ComputerRecord } from "./record.ts";
import { become } from "./restore.ts";

/** One that waits and has the shape that is asked for. */
export const waitingFor = (engine: Engine, spec: ComputerRecord["spec"]): Waiting | null => {
  if (engine.waiting.size === 0) return null;
  const shape = withCommonViewport(shapeOf(spec));
  // Disks grow, and do not shrink.
  const fits = ({ shape: its, disks_mb }: Waiting) => isDeepStrictEqual(its, shape) && disks_mb.workspace <= spec.workspace_quota_mb;
  return [...engine.waiting.values()].find(fits) ?? null;
};

/** It waits no more: it is what a record says, and ends with that. */
export const claim = (engine: Engine, { id }: Waiting): void => {
  engine.waiting.delete(id);
  engine.events.emit("claimed");
};

/** Makes what has waited the computer that has been written down. On failure nothing of the machine is left. */
export const takeOver = (
  engine: Engine,
  record: ComputerRecord,
  { image, shape, disks_mb, machine, guest }: Waiting,
  parent: AbortSignal,
  step: Step,
): Promise<ComputerRecord> =>
  withDeadline("The start of the computer", engine.bootDeadlineMs, parent, async (signal) => {
    const clock = stopwatch();
    step("claim");
    try {
      await machine.resume();
    } catch (error) {
      guest.close();
      await machine.kill();
      throw error;
    }
    guest.hold(false);
    clock.done("resume");
    const work = become(
      engine,
      record,
      machineSpec(engine, record, image),
      { saved: { viewport: shape.viewport, disks_mb }, copy: false },
      clock,
      signal,
    );
    return bringUp(engine, record, { machine, guest, kind: "restored", clock, signal, step, work });
  });
