import { VitrineError } from "../../contract/errors.ts";
import { bootUp } from "../boot-up.ts";
import { withDeadline } from "../deadline.ts";
import type { GuestImage, MachineRecord, MachineSpec } from "../machine/machine.ts";
import { bringUp } from "./bring-up.ts";
import { type Engine, type Live, type Step, update } from "./engine.ts";
import { stopwatch } from "./phases.ts";
import { bringProfile } from "./profile/bring.ts";
import type { ComputerRecord } from "./record.ts";
import { wholeFor } from "./whole.ts";

export const machineSpec = (engine: Engine, record: ComputerRecord, image: GuestImage): MachineSpec => {
  const { vcpus, ram_mb, disk_size_mb, workspace_quota_mb } = record.spec;
  return { dir: engine.directory(record.id), vcpus, ram_mb, disks_mb: { root: disk_size_mb, workspace: workspace_quota_mb }, image };
};

/** Writes a machine down as soon as its process is there. */
export const keepMachine =
  (engine: Engine, id: string, step: Step) =>
  (machine: MachineRecord): void => {
    step("spawned");
    update(engine, id, { machine });
  };

/**
 * Boots a computer from its disks and waits until it is whole: exec works, and where it has a browser X is up, Chromium answers and a
 * window is mapped. On failure nothing of the machine is left running.
 */
export const boot = (
  engine: Engine,
  record: ComputerRecord,
  spec: MachineSpec,
  parent: AbortSignal,
  step: Step,
  lastError?: VitrineError,
): Promise<ComputerRecord> =>
  withDeadline("The start of the computer", engine.bootDeadlineMs, parent, async (signal) => {
    const clock = stopwatch();
    step("spawn");
    const spawned = keepMachine(engine, record.id, step);
    const onSpawn = (machine: MachineRecord) => {
      spawned(machine);
      clock.done("spawn");
      step("boot");
    };
    const onHang = (console: string) =>
      engine.log.warn({ computer: record.id, console: console.slice(-2000) }, "the guest hung as it booted");
    const machine = await bootUp({ machines: engine.machines, spec, files: engine.bootFiles(record), onSpawn, onHang }, signal);
    clock.done("kernel");
    const work = async (live: Live) => {
      const { guest } = live;
      await guest.waitFor(wholeFor(record), signal);
      clock.done("services");
      const probe = await guest.exec({ argv: ["test", "-w", "."], user: "ohm", timeout_ms: 30_000 }, signal);
      if (probe.exit_code !== 0) throw new VitrineError("guest_unreachable", { reason: "its workspace cannot be written" });
      clock.done("exec");
      if (await bringProfile(engine, record, live, signal)) clock.done("profile");
      // One that has a profile is to see its first page with it, and so was started without (guest/boot-files.ts).
      const { profile, url } = record.spec.browser;
      if (profile && url !== undefined) await live.watch?.open(url);
    };
    return bringUp(engine, record, { machine, kind: "booted", clock, signal, step, work, lastError });
  });
