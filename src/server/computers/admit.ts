import { readFileSync } from "node:fs";
import { VitrineError } from "../../contract/errors.ts";
import type { ComputerRecord } from "./record.ts";

/** Kept free for the service, ffmpeg and the page cache. MiB. */
const RESERVE_MB = 512;

/** MiB that the kernel says can be used without swapping. Source: proc(5), MemAvailable. */
const availableMb = (): number => Number(/^MemAvailable:\s+(\d+) kB/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1] ?? 0) / 1024;

/** Throws capacity_exceeded when the host's memory does not hold one more computer. */
export const admit = ({ spec }: ComputerRecord): void => {
  const free = Math.round(availableMb());
  if (free < spec.ram_mb + RESERVE_MB)
    throw new VitrineError("capacity_exceeded", { reason: `${free} MiB of memory are free, ${spec.ram_mb + RESERVE_MB} are needed` });
};
