import { join } from "node:path";

/** The state of a suspended computer, in its directory. While it is there whole, the computer is restorable. */
export const stateFile = (dir: string): string => join(dir, "machine.state");
