/** Numbers of the signals that end programs. */
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
};

/** The exit code of a command in a computer, as a shell has it: 128 and the signal's number for a killed one. */
export const exitCodeOf = ({ exit_code, signal }: { exit_code: number | null; signal: string | null }): number =>
  exit_code ?? 128 + (SIGNAL_NUMBERS[signal?.replace(/^SIG/, "") ?? ""] ?? 0);
