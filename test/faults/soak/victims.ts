import { readlinkSync } from "node:fs";
import { basename, relative } from "node:path";
import { commandLine, processesIn } from "../../support/machine-processes.ts";

export interface Victim {
  pid: number;
  /** The name of the directory it works in: the id of a computer or recording. */
  id: string;
}

const programsIn = (dir: string, program: RegExp): Victim[] =>
  processesIn(dir).flatMap((pid) => {
    if (!program.test(basename(commandLine(pid)[0] ?? ""))) return [];
    try {
      return [{ pid, id: relative(dir, readlinkSync(`/proc/${pid}/cwd`)).split("/")[0] as string }];
    } catch {
      return [];
    }
  });

/** The machines of a service's data. */
export const machinesIn = (dataDir: string): Victim[] => programsIn(`${dataDir}/computers`, /^qemu-system/);
export const encodersIn = (dataDir: string): Victim[] => programsIn(`${dataDir}/recordings`, /^ffmpeg/);

/** False when it was gone already. */
export const kill = ({ pid }: Victim): boolean => {
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
};
