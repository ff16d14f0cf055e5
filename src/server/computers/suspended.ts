import { join } from "node:path";
import type { MachineRecord } from "../machine/machine.ts";

/** The state of a suspended computer, in its directory. While it is there whole, the computer is restorable. */
export const stateFile = (dir: string): string => join(dir, "machine.state");

/** The file that has what the saved state of a machine leaves out; null when it leaves nothing out. */
export const memoryBelow = (machine: MachineRecord | null): string | null => machine?.memory?.file ?? null;
