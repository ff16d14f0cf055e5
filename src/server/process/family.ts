import { readFileSync } from "node:fs";

/** A process and all that it has started, and these, by pid: a confined machine's QEMU is its box's child. Those that have just ended may be among them. */
export const familyOf = (pid: number): number[] => {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
    return [pid, ...children.flatMap(familyOf)];
  } catch {
    return [pid];
  }
};
