import type { Renewal } from "../../contract/guest/protocol.ts";
import { DISKS, type PerDisk } from "../disk.ts";
import type { Machine } from "../machine/machine.ts";

const MIB = 1024 * 1024;

/** Makes the disks of a machine, which are `saved` MiB large, as large as they are to be. Answers what its guest is to be told of that. */
export const growDisks = async (machine: Machine, wanted: PerDisk<number>, saved: PerDisk<number>): Promise<Renewal["grow"]> => {
  const larger = DISKS.filter((disk) => wanted[disk] > saved[disk]);
  await Promise.all(larger.map((disk) => machine.growDisk(disk, wanted[disk])));
  return Object.fromEntries(larger.map((disk) => [disk, wanted[disk] * MIB]));
};
