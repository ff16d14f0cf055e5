import { VitrineError } from "../contract/errors.ts";
import { withDeadline } from "./deadline.ts";
import type { Machine, MachineDriver } from "./machine/machine.ts";

type Boot = Parameters<MachineDriver["boot"]>;
export interface BootUp {
  machines: Pick<MachineDriver, "boot">;
  spec: Boot[0];
  files: Boot[1];
  onSpawn: Boot[3];
  /** The file that its memory is kept in. */
  memory?: string;
  /** A machine has hung; told what it said last. */
  onHang: (console: string) => void;
  /** Milliseconds after which a guest without an agent has hung. Default: several times what a busy host takes. */
  hangMs?: number;
}

const HANG_MS = { kvm: 20_000, tcg: 120_000 };
const TRIES = 2;

/**
 * Boots a machine and waits for its agent. A kernel that is emulated on a busy host hangs now and then while it brings up its second processor, and never comes back; then the machine is booted
 * once more. When this fails nothing of the machine is left; the error is machine_failed, timeout, or the signal's reason.
 */
export const bootUp = async ({ machines, spec, files, onSpawn, memory, onHang, hangMs }: BootUp, signal: AbortSignal): Promise<Machine> => {
  for (let tries = 1; ; tries++) {
    const machine = await machines.boot(spec, files, signal, onSpawn, memory);
    try {
      const ms = hangMs ?? HANG_MS[machine.record.accel];
      await withDeadline("The boot of the guest's kernel", ms, signal, (until) => machine.agentUp(until));
      return machine;
    } catch (error) {
      const hung = !signal.aborted && error instanceof VitrineError && error.code === "timeout";
      if (hung) onHang(await machine.console().catch(() => ""));
      await machine.kill();
      if (!hung || tries === TRIES) throw error;
    }
  }
};
