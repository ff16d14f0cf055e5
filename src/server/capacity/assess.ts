import type { Limits } from "../setup/limits.ts";
import type { Resources } from "./resources.ts";

/** A computer that runs, or is about to. */
export interface Claim {
  vcpus: number;
  ram_mb: number;
  /** Memory that its machine has taken of the host's already. */
  ownMb: number;
}

/** What a new computer writes before long. Disks are thin: what they could grow to is promised, and not kept free. MiB. */
const DISK_MB = 256;

export const CONSTRAINTS = ["computers", "ram", "vcpus", "disk"] as const;
export type Constraint = (typeof CONSTRAINTS)[number];

/** How much of something there is, what is taken or promised, and what is left for more. Never below 0. */
export interface Room {
  total: number;
  used: number;
  free: number;
}

export type Assessment = Record<Constraint, Room>;
export interface Rules extends Pick<Limits, "computers" | "ramReserveMb" | "ramFactor" | "vcpuFactor" | "diskReserveMb"> {
  /** What a machine takes beside its guest's memory. MiB. */
  overheadMb: number;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
const room = (total: number, free: number): Room => {
  const left = Math.min(total, Math.max(0, Math.floor(free)));
  return { total, used: total - left, free: left };
};

/** What is counted for a computer's memory, whatever of it is in use today. */
const promisedMb = (ramMb: number, { overheadMb, ramFactor }: Pick<Rules, "overheadMb" | "ramFactor">): number =>
  Math.ceil((ramMb + overheadMb) / ramFactor);

/** What one computer takes of each. */
export const needsOf = ({ vcpus, ram_mb }: Pick<Claim, "vcpus" | "ram_mb">, rules: Rules): Record<Constraint, number> => ({
  computers: 1,
  ram: promisedMb(ram_mb, rules),
  vcpus,
  disk: DISK_MB,
});

/**
 * What is left of a host. A computer that was restored uses little of its memory at first and may use all of it later: what each may still grow by is kept
 * free for it, beside the reserve, so that computers which fill their memory do not exhaust the host's (unless `ramFactor` promises more than there is).
 */
export const assess = (host: Resources, claims: readonly Claim[], rules: Rules): Assessment => {
  const growthMb = sum(claims.map(({ ram_mb, ownMb }) => Math.max(0, promisedMb(ram_mb, rules) - ownMb)));
  const vcpus = host.cpus * rules.vcpuFactor;
  return {
    computers: room(rules.computers, rules.computers - claims.length),
    ram: room(host.ramMb, host.ramAvailableMb - rules.ramReserveMb - growthMb),
    vcpus: room(vcpus, vcpus - sum(claims.map((claim) => claim.vcpus))),
    disk: room(host.diskMb, host.diskFreeMb - rules.diskReserveMb),
  };
};

/** How many that need so much there is room for, and what runs out first. */
export const fits = (left: Assessment, needs: Record<Constraint, number>): { count: number; limitedBy: Constraint } => {
  const counts = CONSTRAINTS.map((constraint) => ({ limitedBy: constraint, count: Math.floor(left[constraint].free / needs[constraint]) }));
  return counts.reduce((least, one) => (one.count < least.count ? one : least));
};
