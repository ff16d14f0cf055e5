import type { Command } from "commander";
import type { Check } from "../../../server/setup/doctor/check.ts";
import type { Mended } from "../../../server/setup/doctor/mend.ts";
import type { Cli } from "../../cli.ts";
import { print, table } from "../../print.ts";
import { progressView } from "../../progress.ts";
import { hostConfig } from "./host.ts";

const mend = async (cli: Cli, checks: readonly Check[]): Promise<Mended[]> => {
  const { mendAll } = await import("../../../server/setup/doctor/mend.ts");
  const view = progressView(cli.stderr);
  try {
    const mended = await mendAll(checks, view.report, cli.signal);
    view.end();
    return mended;
  } catch (error) {
    view.end(false);
    throw error;
  }
};

export const addDoctor = (parent: Command, cli: Cli): void => {
  parent
    .command("doctor")
    .description("Say what of the host is there, what is missing, and which acceleration was chosen and why")
    .option("--fix", "mend what can be: install packages, build images and templates, close the data directory to others")
    .action(async ({ fix = false }: { fix?: boolean }) => {
      const config = await hostConfig();
      const { inspectHost } = await import("../../../server/setup/doctor/inspect.ts");
      const { isFit } = await import("../../../server/setup/doctor/check.ts");
      const found = await inspectHost(config, cli.signal);
      const mended = fix ? await mend(cli, found) : [];
      const checks = mended.length > 0 ? await inspectHost(config, cli.signal) : found;
      const fit = isFit(checks);
      const mark = (ok: boolean, needed: boolean) => (ok ? "ok" : needed ? "MISSING" : "note");
      const rows = checks.map((c) => [mark(c.ok, c.needed), c.name, c.found, c.fix ? `${c.why} ${c.fix}` : c.why]);
      const done = mended.map(({ names, error }) =>
        error === null ? `Mended: ${names.join(", ")}.` : `Not mended: ${names.join(", ")}: ${error}`,
      );
      const verdict = fit
        ? "This host can run computers."
        : `Something that is needed is missing; see above.${fix ? "" : " 'vitrine doctor --fix' does what it can about it."}`;
      const human = [table(["", "WHAT", "FOUND", "WHY"], rows), "", ...done, verdict].join("\n");
      print(cli, { ok: fit, checks, ...(fix && { mended }) }, human);
      cli.exitCode = fit ? 0 : 1;
    });
};
