export interface News {
  message: string;
  percent: number;
}

/**
 * Follows mmdebstrap's verbose output. Packages are fetched, unpacked and set up, first the essential ones, then the rest; the counts that apt
 * announces make the percentage. Returns news when a line has some, at most one per whole percent.
 */
export const debootstrapPercent = (): ((line: string) => News | null) => {
  let [total, done, floor, span, said] = [0, 0, 0, 10, -1];
  const phases: [RegExp, number, number, string][] = [
    [/^I: running apt-get update/, 0, 1, "Reading package lists"],
    [/^I: downloading packages with apt/, 1, 14, "Fetching essential packages"],
    [/^I: installing remaining packages/, 15, 75, "Fetching packages"],
    [/^I: cleaning package lists/, 90, 2, "Cleaning up"],
    [/^I: creating tarball/, 92, 8, "Packing"],
  ];
  const verbs: [RegExp, string][] = [
    [/^Get:\d+ \S+ \S+ \S+ (\S+)/, "Fetching"],
    [/^Unpacking (\S+)/, "Unpacking"],
    [/^Setting up (\S+)/, "Setting up"],
  ];
  return (line) => {
    for (const [pattern, start, width, message] of phases) {
      if (!pattern.test(line)) continue;
      [floor, span, done, total] = [start, width, 0, 0];
      said = start;
      return { message, percent: start };
    }
    const announced = /(\d+) newly installed/.exec(line)?.[1];
    if (announced) total = 3 * Number(announced);
    // All packages are in the cache: nothing will be fetched.
    if (/^Need to get 0 B/.test(line)) total = (total / 3) * 2;
    for (const [pattern, verb] of verbs) {
      const name = pattern.exec(line)?.[1];
      if (!name || total === 0) continue;
      done += 1;
      const percent = Math.min(floor + span, Math.floor(floor + (span * done) / total));
      if (percent <= said) return null;
      said = percent;
      return { message: `${verb} ${name}`, percent };
    }
    return null;
  };
};
