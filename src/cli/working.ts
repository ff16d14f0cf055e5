import type { Cli } from "./cli.ts";
import { progressView } from "./progress.ts";

/** Shows that something is under way, for as long as `work` takes. */
export const working = async <T>(cli: Cli, step: string, message: string, work: () => Promise<T>): Promise<T> => {
  if (cli.json()) return work();
  const view = progressView(cli.stderr);
  view.report({ step, message });
  try {
    const result = await work();
    view.end();
    return result;
  } catch (error) {
    view.end(false);
    throw error;
  }
};
