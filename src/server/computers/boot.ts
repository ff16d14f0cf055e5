import { VitrineError } from "../../contract/errors.ts";
import type { GuestState } from "../../contract/guest/protocol.ts";
import { withDeadline } from "../deadline.ts";
import type { MachineSpec } from "../machine/machine.ts";
import { attach, detach, whileAlive } from "./attach.ts";
import { type Engine, type Live, type Step, update } from "./engine.ts";
import { type ComputerRecord, hasBrowser, hasDisplay } from "./record.ts";

/** True when everything that `running` promises of the desktop is there. Throws when Chromium will not come. */
const isWhole = (record: ComputerRecord) => (state: GuestState) => {
  if (!hasBrowser(record)) return true;
  if (state.browser.status === "failed")
    throw new VitrineError("browser_unavailable", { reason: state.browser.reason ?? "it does not start" });
  return state.browser.status === "ready" && (!hasDisplay(record) || (state.display && state.window));
};

export const machineSpec = async (engine: Engine, record: ComputerRecord, signal: AbortSignal): Promise<MachineSpec> => {
  const { vcpus, ram_mb, disk_size_mb, template } = record.spec;
  return { dir: engine.directory(record.id), vcpus, ram_mb, disk_size_mb, image: await engine.image(template, signal) };
};

/**
 * Boots a computer from its disks and waits until it is whole: exec works, and where it has a browser X is up, Chromium answers and a
 * window is mapped. On failure nothing of the machine is left running.
 */
export const boot = async (
  engine: Engine,
  record: ComputerRecord,
  spec: MachineSpec,
  parent: AbortSignal,
  step: Step,
): Promise<ComputerRecord> =>
  withDeadline("The start of the computer", engine.bootDeadlineMs, parent, async (signal) => {
    const began = performance.now();
    step("spawn");
    const machine = await engine.machines.boot(spec, engine.bootFiles(record), signal, (saved) =>
      update(engine, record.id, { machine: saved }),
    );
    let live: Live | null = null;
    try {
      live = attach(engine, record, machine);
      step("wait until whole");
      await whileAlive(machine, ready(record, live, signal));
      signal.throwIfAborted();
      return update(engine, record.id, {
        status: "running",
        started_at: new Date().toISOString(),
        stopped_at: null,
        last_error: null,
        start_kind: "booted",
        ready_ms: Math.round(performance.now() - began),
      });
    } catch (error) {
      if (live) detach(engine, record.id, live);
      const console = await machine.console().catch(() => "");
      await machine.kill();
      engine.log.warn({ computer: record.id, err: error, state: live?.guest.state, console: console.slice(-2000) }, "boot failed");
      throw error;
    }
  });

const ready = async (record: ComputerRecord, { machine, guest }: Live, signal: AbortSignal): Promise<void> => {
  await machine.agentUp(signal);
  await guest.waitFor(isWhole(record), signal);
  const probe = await guest.exec({ argv: ["true"], user: "ohm", timeout_ms: 30_000 }, signal);
  if (probe.exit_code !== 0) throw new VitrineError("guest_unreachable", { reason: "a first command failed" });
};
