import type { z } from "zod";
import type { Capacity as CapacityAnswer } from "../../contract/capacity.ts";
import { CreateComputer } from "../../contract/computer.ts";
import { VitrineError } from "../../contract/errors.ts";
import type { Semaphore } from "../semaphore.ts";
import { type Assessment, assess, type Claim, type Constraint, fits, needsOf, type Rules } from "./assess.ts";
import type { Meter } from "./resources.ts";

/** A computer that has a claim on the host, and the process of its machine where there is one. */
export type Claimant = Pick<Claim, "vcpus" | "ram_mb"> & { pid: number | null };

export interface CapacityPorts {
  meter: Meter;
  rules: Rules;
  /** Everything that runs, or is about to. */
  claimants(): readonly Claimant[];
  /** Where creates and starts wait for their turn. */
  makers: Semaphore;
}

const REASONS: Record<Constraint, (free: number, need: number) => string> = {
  computers: () => "as many computers run as VITRINE_MAX_COMPUTERS allows",
  ram: (free, need) => `${need} MiB of memory are needed and ${free} are neither in use nor promised`,
  vcpus: (free, need) => `${need} virtual processors are asked for and ${free} are left to be promised`,
  disk: (free, need) => `${need} MiB of disk are needed and ${free} are free beyond the reserve`,
};

/** How much more the host takes on. */
export const createCapacity = ({ meter, rules, claimants, makers }: CapacityPorts) => {
  const left = (): Assessment => {
    const claims = claimants().map(({ pid, ...claim }) => ({ ...claim, ownMb: pid === null ? 0 : meter.ownMb(pid) }));
    return assess(meter.resources(), claims, rules);
  };
  return {
    /** Throws capacity_exceeded when the host has no room for one more of this size. */
    admit: (spec: Pick<Claim, "vcpus" | "ram_mb">): void => {
      const room = left();
      const needs = needsOf(spec, rules);
      const { count, limitedBy } = fits(room, needs);
      if (count < 1)
        throw new VitrineError("capacity_exceeded", {
          reason: REASONS[limitedBy](room[limitedBy].free, needs[limitedBy]),
          limit: limitedBy,
        });
    },
    report: (): z.input<typeof CapacityAnswer> => {
      const { computers, ram, vcpus, disk } = left();
      const { count, limitedBy } = fits({ computers, ram, vcpus, disk }, needsOf(CreateComputer.parse({}), rules));
      const { inside, waiting, options } = makers;
      return {
        computers,
        ram_mb: ram,
        vcpus,
        disk_mb: disk,
        fits: count,
        limited_by: limitedBy,
        queue: { running: inside, waiting, max_running: options.most, max_waiting: options.waiting },
      };
    },
  };
};
export type Capacity = ReturnType<typeof createCapacity>;
