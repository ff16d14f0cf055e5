/** One line on stderr, which the init sends to the guest's console. */
export const log = (message: string, error?: unknown): void => {
  const why = error === undefined ? "" : `: ${error instanceof Error ? error.message : String(error)}`;
  process.stderr.write(`agent: ${message}${why}\n`);
};
