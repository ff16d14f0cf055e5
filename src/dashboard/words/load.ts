import type { Usage } from "../../contract/usage.ts";

/** How busy a computer is: of one of the host's processors, null until there are two looks; and the memory of the host that it has. */
export interface Load {
  cpu: number | null;
  memoryMb: number;
}

/** The loads between two looks that are `seconds` apart. A machine that was started meanwhile has used less than before, and is as at a first look. */
export const loadsOf = (before: readonly Usage[], now: readonly Usage[], seconds: number): Map<string, Load> => {
  const earlier = new Map(before.map(({ computer_id, cpu_s }) => [computer_id, cpu_s]));
  return new Map(
    now.map(({ computer_id, cpu_s, memory_mb }) => {
      const used = cpu_s - (earlier.get(computer_id) ?? Number.POSITIVE_INFINITY);
      return [computer_id, { cpu: used >= 0 && seconds > 0 ? used / seconds : null, memoryMb: memory_mb }];
    }),
  );
};

export const loadWords = ({ cpu, memoryMb }: Load): string =>
  `${cpu === null ? "" : `${Math.round(cpu * 100)} % of a core, `}${memoryMb} MiB in use`;
